import { expect, test } from 'bun:test';
import { type ErrorCode, WorkerError } from '../../../../src/base/errors.ts';
import { toWorkerId } from '../../../../src/base/ids.ts';
import { spendToken } from '../../../../src/studio/registration/spend-token.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';

/** What happens, in order, to a token whose studio answers so. */
async function spend(answer: 'approved' | ErrorCode, forget = () => Promise.resolve()) {
  const happened: string[] = [];
  const log = recordingLogger();
  await spendToken('token-1', {
    registration: {
      bootstrap: (token) => {
        happened.push(`spend ${token}`);
        if (answer !== 'approved') return Promise.reject(new WorkerError(answer, 'no'));
        return Promise.resolve({ workerId: toWorkerId('w-1'), authToken: 'secret' });
      },
      start: () => void happened.push('start'),
    },
    forget: () => {
      happened.push('forget');
      return forget();
    },
    log,
  });
  return { happened, log };
}

test('a token that a studio accepted is forgotten before registration starts', async () => {
  const { happened, log } = await spend('approved');
  expect(happened).toEqual(['spend token-1', 'forget', 'start']);
  expect(log.names()).toEqual([]);
});

test('a rejected bootstrap token is forgotten, and the worker asks for approval', async () => {
  const { happened, log } = await spend('studio.refused');
  expect(happened).toEqual(['spend token-1', 'forget', 'start']);
  expect(log.names()).toEqual(['registration.bootstrap-failed']);
});

test('a token that no studio answered is kept for the next start', async () => {
  const { happened } = await spend('registration.failed');
  expect(happened).toEqual(['spend token-1', 'start']);
});

test('a config that cannot be saved keeps no worker from registering', async () => {
  const { happened } = await spend('approved', () => Promise.reject(new WorkerError('config.not-saved', 'read-only')));
  expect(happened.at(-1)).toBe('start');
});
