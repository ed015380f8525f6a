import { expect, test } from 'bun:test';
import { WorkerError } from '../../../../src/base/errors.ts';
import { pullInWorker } from '../../../../src/local-api/client/pull.ts';
import type { Pull } from '../../../../src/local-api/contract/models.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import { anApi } from './an-api.ts';

const pull = (about: Partial<Pull> = {}): Pull => ({
  state: 'running',
  filename: 'tiny.gguf',
  file: 1,
  files: 1,
  phase: 'download',
  doneBytes: 1,
  totalBytes: 2,
  bytesPerSecond: 0,
  startedAt: 0,
  ...about,
});
const event = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
const news = (about: Partial<Pull>, id = 'tiny'): string => event('pull', { id, pull: pull(about) });

/** A download that begins as `first`, and of which the worker tells by these events. */
function setup(first: Pull, events = '') {
  const seen: string[] = [];
  const stop = new AbortController();
  const { client, asked } = anApi({
    'POST /models/tiny/pull': () => first,
    'POST /models/tiny/pull/cancel': () => pull({ state: 'cancelled' }),
    'GET /events': () => events,
  });
  const onProgress = ({
    phase,
    doneBytes,
    totalBytes,
  }: {
    phase: string;
    doneBytes: number;
    totalBytes?: number | undefined;
  }) => void seen.push(`${phase} ${doneBytes}/${totalBytes}`);
  return { seen, asked, stop, run: () => pullInWorker(client, 'tiny', { onProgress, signal: stop.signal }) };
}

test('a download is followed to its end, whatever else is told', async () => {
  const other = news({ state: 'failed' }, 'other');
  const at = setup(
    pull({ totalBytes: null }),
    `${other}${news({ doneBytes: 2 })}${news({ state: 'done', doneBytes: 2 })}`,
  );
  await at.run();
  expect(at.seen).toEqual(['download 1/undefined', 'download 2/2', 'ready 2/2']);
});

test('a model that is here already is followed no further', async () => {
  const at = setup(pull({ state: 'done', filename: '' }));
  await at.run();
  expect(at.seen).toEqual([]);
  expect(at.asked).toEqual(['POST /models/tiny/pull']);
});

test.each([
  ['fails', { state: 'failed', error: 'not found', hint: 'Check it.' }, 'download.failed'],
  ['is cancelled there', { state: 'cancelled' }, 'job.cancelled'],
] as const)('a download that %s fails the command', async (_title, end, code) => {
  expect(await failureOf(setup(pull(), news(end)).run())).toMatchObject({ code });
});

test('a worker that ends first leaves a download to resume', async () => {
  expect(await failureOf(setup(pull(), news({ doneBytes: 2 })).run())).toMatchObject({
    code: 'worker.unresponsive',
    hint: 'Run the command again to resume the download.',
  });
});

test('a command that is stopped cancels the download in the worker', async () => {
  const stopped = new WorkerError('job.cancelled', 'the download was stopped');
  const at = setup(pull(), news({ doneBytes: 2 }));
  const ended = failureOf(at.run());
  at.stop.abort(stopped);
  expect(await ended).toBe(stopped);
  expect(at.asked).toContain('POST /models/tiny/pull/cancel');
});
