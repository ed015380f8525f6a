import { expect, test } from 'bun:test';
import { WorkerError } from '../../../src/base/errors.ts';
import { toJobId } from '../../../src/base/ids.ts';
import { createWorkerEvents, type WorkerEvent } from '../../../src/worker/events.ts';
import { settle } from '../../fakes/system/fake-clock.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';

const progress = (share: number): WorkerEvent => ({
  is: 'progress',
  jobId: toJobId('job-1'),
  share,
  done: share,
  total: 1,
});
const shareOf = (event: WorkerEvent): string =>
  event.is === 'progress' ? String(event.share) : `missed ${'count' in event ? event.count : ''}`;

function setup() {
  const log = recordingLogger();
  return { log, events: createWorkerEvents(log) };
}

/** A listener whose calls end when the test says so. */
function slowListener() {
  const heard: string[] = [];
  const pending: PromiseWithResolvers<void>[] = [];
  const listen = (event: WorkerEvent): Promise<void> => {
    heard.push(shareOf(event));
    const call = Promise.withResolvers<void>();
    pending.push(call);
    return call.promise;
  };
  const finish = async (): Promise<void> => {
    pending.shift()?.resolve();
    await settle();
  };
  return { heard, listen, finish, pending };
}

test('a listener that is idle receives each event before emit returns', () => {
  const { events } = setup();
  const heard: WorkerEvent[] = [];
  events.subscribe((event) => void heard.push(event));
  events.emit(progress(0.5));
  expect(heard).toEqual([progress(0.5)]);
});

test('events arrive in the order in which they happened', async () => {
  const { events } = setup();
  const slow = slowListener();
  events.subscribe(slow.listen);
  for (const share of [0.1, 0.2, 0.3]) events.emit(progress(share));
  expect(slow.heard).toEqual(['0.1']);
  await slow.finish();
  await slow.finish();
  expect(slow.heard).toEqual(['0.1', '0.2', '0.3']);
});

test('a slow listener loses its oldest events and learns how many', async () => {
  const { events } = setup();
  const slow = slowListener();
  events.subscribe(slow.listen, { maxQueued: 2 });
  for (const share of [1, 2, 3, 4, 5]) events.emit(progress(share));
  await slow.finish();
  await slow.finish();
  await slow.finish();
  expect(slow.heard).toEqual(['1', 'missed 2', '4', '5']);
});

test('a slow listener holds up nobody else', () => {
  const { events } = setup();
  events.subscribe(slowListener().listen);
  const heard: string[] = [];
  events.subscribe((event) => void heard.push(shareOf(event)));
  events.emit(progress(1));
  events.emit(progress(2));
  expect(heard).toEqual(['1', '2']);
});

test('a listener that fails is logged, and goes on receiving', async () => {
  const { events, log } = setup();
  const heard: string[] = [];
  events.subscribe((event) => {
    heard.push(shareOf(event));
    throw new WorkerError('internal', 'the page is gone');
  });
  events.subscribe(async () => {
    throw new WorkerError('internal', 'the socket is gone');
  });
  events.emit(progress(1));
  await settle();
  events.emit(progress(2));
  await settle();
  expect(heard).toEqual(['1', '2']);
  const errors = log.events.filter(({ event }) => event === 'listener.failed').map(({ fields }) => fields.error);
  expect(errors).toEqual(['the page is gone', 'the socket is gone', 'the page is gone', 'the socket is gone']);
});

test('a disposed subscription receives nothing more, even what was queued', async () => {
  const { events } = setup();
  const slow = slowListener();
  const subscription = events.subscribe(slow.listen);
  events.emit(progress(1));
  events.emit(progress(2));
  subscription[Symbol.dispose]();
  await slow.finish();
  events.emit(progress(3));
  expect(slow.heard).toEqual(['1']);
});

test('an event that a listener emits itself comes after the one it is at', () => {
  const { events } = setup();
  const heard: string[] = [];
  events.subscribe((event) => {
    if (event.is === 'progress' && event.share === 1) events.emit(progress(2));
    heard.push(shareOf(event));
  });
  events.emit(progress(1));
  expect(heard).toEqual(['1', '2']);
});
