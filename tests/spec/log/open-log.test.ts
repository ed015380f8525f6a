import { expect, test } from 'bun:test';
import { DEFAULT_LEVELS, parseLevels } from '../../../src/log/levels.ts';
import type { LogEntry } from '../../../src/contract/log-entry.ts';
import type { LogEvent } from '../../../src/log/logger.ts';
import { type LogOptions, openLog } from '../../../src/log/open-log.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';

function setup(over: Partial<LogOptions> = {}) {
  const shown: string[] = [];
  const tracked: LogEvent[] = [];
  const flushes: number[] = [];
  const log = openLog({
    clock: new FakeClock(),
    format: 'console',
    levels: DEFAULT_LEVELS,
    terminal: { write: (text) => void shown.push(String(text)), colourDepth: 1 },
    tracker: {
      sink: (event) => void tracked.push(event),
      flush: async (timeoutMs) => void flushes.push(timeoutMs),
    },
    ...over,
  });
  return { log, shown, tracked, flushes };
}

test('one event reaches the terminal, the studio, the ring and the error tracker', () => {
  const { log, shown, tracked } = setup();
  log.logger.child({ jobId: 'job-1' }, 'delivery').info('result.sent');
  const entry: LogEntry = {
    ts: '2026-05-25T12:00:00.000Z',
    level: 'info',
    category: 'ws',
    message: 'json result sent',
    jobId: 'job-1',
  };
  expect(shown).toEqual(['12:00:00.000 info  json result sent [job-1]\n']);
  expect(log.shipBuffer.take()).toEqual([entry]);
  expect(log.ring.all()).toEqual([{ seq: 1, item: entry }]);
  expect(tracked.map(({ area, event }) => ({ area, event }))).toEqual([{ area: 'delivery', event: 'result.sent' }]);
});

test('events of a studio in the same process are not shipped to it', () => {
  const { log, shown } = setup();
  log.logger.child({}, 'studio').info('job.queued', { jobId: 'job-1', kind: 'image', model: 'm' });
  expect(shown).toEqual(['12:00:00.000 info  [studio] queued job job-1: image with m\n']);
  expect(log.ring.all()).toHaveLength(1);
  expect(log.shipBuffer.size).toBe(0);
});

test('no sink gets a secret, neither one under its name nor one learnt since', () => {
  const { log, shown, tracked } = setup({ format: 'json' });
  log.redactor.learn('wkr_secret_1');
  log.logger.child({ authToken: 'unlearnt_1' }).error('config.saved', { error: 'PUT wkr_secret_1 failed' });
  const everything = JSON.stringify([shown, tracked, log.shipBuffer.take(), log.ring.all()]);
  expect(everything).toContain('PUT [redacted] failed');
  expect(everything).not.toMatch(/unlearnt_1|wkr_secret_1/);
});

test('the terminal is shown its levels while the studio gets everything but debug', () => {
  const { log, shown } = setup({ levels: parseLevels('error,session=debug', '--log-level') });
  log.logger.info('thing.happened');
  log.logger.debug('worker.ticked');
  log.logger.child({}, 'session').debug('frame.heard');
  expect(shown).toEqual(['12:00:00.000 debug frame.heard\n']);
  expect(log.shipBuffer.take().map(({ message }) => message)).toEqual(['thing.happened']);
});

test('the ring keeps a thousand lines and shipping does not empty it', () => {
  const { log } = setup();
  for (let line = 0; line < 1_200; line++) log.logger.info(`line.said-${line}`);
  log.shipBuffer.take();
  expect(log.ring.all()).toHaveLength(1_000);
  expect(log.ring.all()[0]).toMatchObject({ seq: 201, item: { message: 'line.said-200' } });
});

test('a flush gives the error tracker two seconds, and needs none', async () => {
  const { log, flushes } = setup();
  await log.flush();
  expect(flushes).toEqual([2_000]);
  const terminal = { write: () => {}, colourDepth: 1 } as const;
  const bare = openLog({ clock: new FakeClock(), format: 'json', levels: DEFAULT_LEVELS, terminal });
  expect(await bare.flush()).toBeUndefined();
});

test('a listener that fails costs its own line and nothing else', () => {
  const { log, shown } = setup({
    tracker: {
      sink: () => {
        throw new Error('broken');
      },
      flush: async () => {},
    },
  });
  log.logger.info('thing.happened');
  expect(shown).toEqual(['12:00:00.000 info  thing.happened\n']);
  expect(log.shipBuffer.size).toBe(1);
});
