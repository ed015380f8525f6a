import { expect, test } from 'bun:test';
import { readdir, writeFile } from 'node:fs/promises';
import { toJobId, toWorkerId } from '../../../../src/base/ids.ts';
import type { OutboundFrame } from '../../../../src/contract/frames/outbound.ts';
import { createDelivery } from '../../../../src/studio/delivery/deliver.ts';
import { discardWaiting } from '../../../../src/studio/delivery/kept/discard-waiting.ts';
import { openOutbox } from '../../../../src/studio/delivery/outbox.ts';
import { sha256 } from '../../../../src/system/disk/digest.ts';
import { systemFiles } from '../../../../src/system/disk/files.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { anEntry } from '../../../fakes/studio/an-entry.ts';
import { fillOutbox, type LeftResults } from '../../../fakes/studio/fill-outbox.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { fakeRandom } from '../../../fakes/system/fake-random.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';

/** More than anybody waits for. */
const MANY = 400;
const namesIn = async (dir: string): Promise<string[]> => (await readdir(dir)).toSorted();
const jobs = (count: number): string[] => Array.from({ length: count }, (_, at) => `job-${at}`);

/** An outbox on a real disk, with what an earlier worker left in it. */
async function setup(left: Partial<LeftResults> = {}) {
  const folder = await tempFolder();
  const dir = folder.at('outbox');
  const clock = new FakeClock();
  const log = recordingLogger();
  const names = fillOutbox(dir, { count: MANY, lastAt: clock.now() - 1_000, ...left });
  const open = () => openOutbox({ dir, maxBytes: 1e9, files: systemFiles, clock, sha256, log });
  return { dir, clock, log, names, open, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test('an outbox of many results is open before they are read', async () => {
  await using at = await setup();
  const outbox = await at.open();
  expect(outbox.pending().count).toBe(MANY);
  expect([outbox.space(), outbox.entries()]).toEqual(['unread', []]);
  await outbox.whole;
  expect([outbox.space(), outbox.pending().count]).toEqual(['free', MANY]);
  expect(outbox.entries().map(({ jobId }) => String(jobId))).toEqual(jobs(MANY));
  await outbox.close();
});

test('an outbox of few results is known when it is open', async () => {
  await using at = await setup({ count: 20 });
  const outbox = await at.open();
  expect(outbox.entries().map(({ jobId }) => String(jobId))).toEqual(jobs(20));
  expect(outbox.space()).toBe('free');
});

test('a result made while many are unread comes last, and stays the last', async () => {
  // A clock that was set back in the meantime must not put the new result in front of those that wait.
  await using at = await setup({ lastAt: new FakeClock().now() + 60_000 });
  const outbox = await at.open();
  await outbox.put(anEntry('new'), new Uint8Array(10));
  await outbox.whole;
  expect(outbox.entries().at(-1)?.jobId).toBe(toJobId('new'));
  await outbox.close();
  const reopened = await at.open();
  await reopened.whole;
  expect(reopened.entries().map(({ jobId }) => String(jobId))).toEqual([...jobs(MANY), 'new']);
});

test('a second result of a job replaces the first, read or not', async () => {
  await using at = await setup();
  const outbox = await at.open();
  expect(outbox.space()).toBe('unread');
  const last = toJobId(`job-${MANY - 1}`);
  const again = await outbox.put(anEntry(last, { kind: 'json', ext: '' }), new Uint8Array(10));
  await outbox.whole;
  expect(outbox.ofJob(last).map(({ file }) => file)).toEqual([again.file]);
  await outbox.close();
  expect((await namesIn(at.dir)).includes(at.names.at(-1) ?? '')).toBe(false);
});

test('a worker that ends while it reads leaves all results to the next', async () => {
  await using at = await setup();
  const outbox = await at.open();
  await outbox.close();
  expect(outbox.entries()).toEqual([]);
  expect(await namesIn(at.dir)).toEqual([...at.names]);
  const next = await at.open();
  await next.whole;
  expect(next.entries().map(({ file }) => file)).toEqual([...at.names]);
});

test('files that are no results are set aside though many results wait', async () => {
  await using at = await setup();
  await writeFile(`${at.dir}/notes.txt`, 'mine');
  await writeFile(`${at.dir}/${at.names[MANY - 1]}`, 'cut');
  const outbox = await at.open();
  await outbox.whole;
  expect(outbox.pending().count).toBe(MANY - 1);
  expect(await namesIn(`${at.dir}/corrupt`)).toEqual([at.names[MANY - 1] ?? '', 'notes.txt']);
});

test('results that expired are set aside once all were read', async () => {
  await using at = await setup({ count: 300, lastAt: 1_000 });
  const outbox = await at.open();
  await outbox.whole;
  expect(outbox.pending().count).toBe(0);
  expect((await namesIn(`${at.dir}/set-aside`)).length).toBe(300);
});

test('a command discards a result that is read last', async () => {
  await using at = await setup();
  const id = at.names.at(-1) ?? '';
  const acquire = async () => ({ is: 'held', release: () => {} }) as const;
  expect(await discardWaiting(id, { acquire, open: at.open })).toBe(true);
  expect(await namesIn(at.dir)).toEqual(at.names.slice(0, -1));
});

/** A delivery of what an earlier worker left, over a session that the studio keeps claims on, or not. */
async function delivering(resume: boolean) {
  const at = await setup({ header: { workerId: 'w-1', studio: 'http://studio.test' } });
  const sent: OutboundFrame[] = [];
  const outbox = await at.open();
  const delivery = createDelivery({
    http: { request: () => Promise.reject(new Error('nobody there')) },
    outbox,
    claims: { send: (frame) => sent.push(frame) > 0, release: () => {} },
    credentials: () => ({ apiBaseUrl: 'http://studio.test/', workerId: 'w-1', authToken: 't' }),
    clock: at.clock,
    random: fakeRandom(),
    log: at.log,
    studioOffers: () => resume,
    onReport: () => {},
  });
  const features = resume ? ['resume'] : [];
  delivery.onWelcome({ type: 'welcome', workerId: toWorkerId('w-1'), serverTime: '', features });
  return { at, outbox, delivery };
}

test('no result is reclaimed before it is known which is the oldest', async () => {
  const { at, outbox, delivery } = await delivering(true);
  await using _at = at;
  expect(delivery.waitingJobIds()).toEqual([]);
  await outbox.whole;
  expect(delivery.waitingJobIds()[0]).toBe(toJobId('job-0'));
  await delivery.stop();
});

test('results that nobody can reclaim are discarded when they are read', async () => {
  const { at, outbox, delivery } = await delivering(false);
  await using _at = at;
  expect(delivery.pending().count).toBe(MANY);
  await outbox.whole;
  await delivery.stop();
  expect(delivery.pending().count).toBe(0);
  expect(await namesIn(at.dir)).toEqual([]);
});

test('a stop does not wait until many results are read', async () => {
  const { at, delivery } = await delivering(true);
  await using _at = at;
  const round = delivery.deliverPending();
  await delivery.stop();
  await round;
  expect(delivery.space()).toBe('unread');
  expect(await namesIn(at.dir)).toEqual([...at.names]);
});
