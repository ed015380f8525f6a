import { expect, test } from 'bun:test';
import { toJobId, toModelId } from '../../../../src/base/ids.ts';
import { PROTOCOL } from '../../../../src/worker/control/table.ts';
import { watch } from '../../../../src/worker/control/watch.ts';
import { createWorkerEvents, type WorkerEvent } from '../../../../src/worker/events.ts';
import { aControl, clientOf, clientOfReplies } from '../../../fakes/a-control.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { aWorker } from '../../cli/a-worker.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

const jobId = toJobId('j-1');
const model = toModelId('fox');
const job = {
  jobId,
  origin: 'studio',
  kind: 'image',
  model,
  engine: 'gradio',
  prompt: 'a fox',
  settings: {},
  status: 'running',
  phase: 'preparing',
  startedAt: 5,
} as const;

/** One of each. */
const EVENTS: readonly WorkerEvent[] = [
  { is: 'offer', jobId, kind: 'image', model },
  { is: 'rejected', jobId, rule: 'busy', because: 'another job is running' },
  { is: 'accepted', job },
  { is: 'phase', jobId, phase: 'loading' },
  { is: 'progress', jobId, share: 0.5, done: 1, total: 2 },
  { is: 'thumbnail', jobId },
  { is: 'catalogue' },
  { is: 'outcome', job: { ...job, status: 'undelivered', finishedAt: 9, runMs: 4 } },
  { is: 'delivery', jobId, report: { is: 'kept', because: 'the studio is down' } },
  { is: 'delivery', jobId, report: { is: 'delivered' } },
  { is: 'models', models: [{ engine: 'onnx', model, state: 'idle', since: 1, lastUsedAt: 2, gb: 1.5 }] },
  { is: 'session', status: { at: 'backing-off', failures: 1, retryInMs: 500, because: 'silence' } },
  { is: 'registration', status: { at: 'pending', requestId: 'r-1', since: 3 } },
  { is: 'config', changedKeys: ['auto_enabled'] },
  { is: 'stopping' },
];

/** The first so many events of a stream. */
async function take(count: number, stream: AsyncIterable<WorkerEvent>): Promise<readonly WorkerEvent[]> {
  const taken: WorkerEvent[] = [];
  for await (const event of stream) if (taken.push(event) === count) break;
  return taken;
}

test('every kind of event reaches a subscriber as it was, in order', async () => {
  const worker = aControl(aWorker());
  const abort = new AbortController();
  const taken = take(EVENTS.length, await clientOf(worker.control).stream('subscribe', {}, abort.signal));
  EVENTS.forEach((event) => worker.events.emit(event));
  expect(await taken).toEqual(EVENTS);
});

test('a stream without events ends when its subscriber has enough', async () => {
  const worker = aControl(aWorker());
  const abort = new AbortController();
  const taken = take(1, await clientOf(worker.control).stream('subscribe', {}, abort.signal));
  abort.abort();
  expect(await taken).toEqual([]);
});

test('a busy loop loses the oldest events and learns how many', async () => {
  const events = createWorkerEvents(recordingLogger());
  const abort = new AbortController();
  const stream = watch(events, abort.signal);
  const first = stream.next();
  for (let share = 0; share < 1_000; share++) events.emit({ is: 'progress', jobId, share, done: 1, total: 2 });
  expect((await first).value).toMatchObject({ share: 0 });
  const [missed, next] = [await stream.next(), await stream.next()];
  expect(missed.value).toEqual({ is: 'missed', count: 743 });
  expect(next.value).toMatchObject({ share: 744 });
  abort.abort();
  expect(await stream.next()).toMatchObject({ done: true });
});

test('a loop that was left is subscribed to nothing', async () => {
  const events = createWorkerEvents(recordingLogger());
  let subscriptions = 0;
  const counted = {
    subscribe: (...given: Parameters<typeof events.subscribe>): Disposable => {
      const subscription = events.subscribe(...given);
      subscriptions += 1;
      return {
        [Symbol.dispose]() {
          subscriptions -= 1;
          subscription[Symbol.dispose]();
        },
      };
    },
  };
  const taken = take(1, watch(counted, new AbortController().signal));
  events.emit({ is: 'stopping' });
  expect(await taken).toEqual([{ is: 'stopping' }]);
  expect(subscriptions).toBe(0);
});

test('events of a later release are left out', async () => {
  const stamp = { protocol: PROTOCOL, version: '9.0.0' };
  const event = (is: string): unknown => ({ ...stamp, is: 'event', event: { is } });
  const later = clientOfReplies({ ...stamp, is: 'subscribed' }, event('teleported'), event('stopping'));
  const stream = await later.stream('subscribe', {}, new AbortController().signal);
  expect(await take(2, stream)).toEqual([{ is: 'stopping' }]);
});

test('a worker that has no events to give is named with its version', async () => {
  const older = clientOfReplies({ protocol: PROTOCOL, version: '0.4.0', is: 'unknown-request', ask: 'subscribe' });
  expect(await failureOf(older.stream('subscribe', {}, new AbortController().signal))).toMatchObject({
    code: 'worker.incompatible',
    message: 'the running worker is version 0.4.0 and does not know the request `subscribe`',
  });
});

test('a subscription where no worker runs says so', async () => {
  const asked = clientOf(undefined).stream('subscribe', {}, new AbortController().signal);
  expect(await failureOf(asked)).toMatchObject({ code: 'worker.not-running' });
});
