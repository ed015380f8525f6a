import { expect, test } from 'bun:test';
import { WorkerError } from '../../../../src/base/errors.ts';
import { createObjections } from '../../../../src/local-studio/http/objections.ts';
import { aTask } from '../../../fakes/builders.ts';
import { aFile, aSource } from '../../../fakes/models/a-store.ts';

const refusal = (message: string, hint?: string): WorkerError =>
  new WorkerError('url.refused', message, hint === undefined ? {} : { hint });

/** The objections of a studio that takes every source, and refuses URLs of this host. */
function setup(refused: string) {
  const checked: string[] = [];
  const objectionTo = createObjections({
    sourceProblem: () => undefined,
    async urlProblem(what, url) {
      checked.push(what);
      return url.includes(refused) ? refusal(`${what} URL leads to ${refused}`, 'Use another host.') : undefined;
    },
  });
  return { objectionTo, checked };
}

test('nothing stands against a proposal without URLs', async () => {
  expect(await setup('nas').objectionTo({ model: 'fox' })).toBe(undefined);
});

test('a source that no worker takes is refused before its URLs', async () => {
  const objectionTo = createObjections({
    sourceProblem: () => refusal('the source has no VAE'),
    urlProblem: () => Promise.reject(new Error('this must not run')),
  });
  expect(await objectionTo({ model: 'fox', source: aSource([aFile({})]) })).toBe('the source has no VAE');
});

test('the first refused URL is named with what helps', async () => {
  const { objectionTo, checked } = setup('nas');
  const source = aSource([
    aFile({ url: 'https://cdn/a' }),
    aFile({ url: 'https://nas/b' }),
    aFile({ url: 'https://nas/c' }),
  ]);
  expect(await objectionTo({ model: 'fox', source })).toBe('model URL leads to nas. Use another host.');
  expect(checked).toHaveLength(2);
});

test('the inputs of a task are checked as well', async () => {
  const task = aTask({ kind: 'audio_stt', inputUrl: 'https://nas/a.wav' });
  expect(await setup('nas').objectionTo({ model: 'fox', task })).toContain('leads to nas');
});
