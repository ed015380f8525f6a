import { expect, test } from 'bun:test';
import { WorkerError } from '../../../../src/base/errors.ts';
import { toJobId, toWorkerId } from '../../../../src/base/ids.ts';
import { completeJson, type OutboundFrame } from '../../../../src/contract/frames/outbound.ts';
import { MAX_PARALLEL_JOBS } from '../../../../src/contract/limits.ts';
import type { JobOutcome } from '../../../../src/jobs/job.ts';
import { createDelivery } from '../../../../src/studio/delivery/deliver.ts';
import { openOutbox } from '../../../../src/studio/delivery/outbox.ts';
import type { Credentials } from '../../../../src/studio/session/session.ts';
import { sha256 } from '../../../../src/system/disk/digest.ts';
import { aJsonOutcome, anOutcome } from '../../../fakes/outcomes.ts';
import { FakeClock, settle } from '../../../fakes/system/fake-clock.ts';
import { fakeRandom } from '../../../fakes/system/fake-random.ts';
import { MemoryFiles } from '../../../fakes/system/memory-files.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';

const ours: Credentials = { apiBaseUrl: 'http://studio.test/', workerId: 'w-1', authToken: 't' };

/** A delivery whose studio is a switch: live or not, keeping claims or not. No upload ever gets through. */
const setup = async ({ keepsClaims = false } = {}) => {
  const files = new MemoryFiles();
  const clock = new FakeClock();
  const log = recordingLogger();
  const sent: OutboundFrame[] = [];
  const reports: unknown[] = [];
  const released: string[] = [];
  const studio = { live: true, keepsClaims };
  const credentials: { now: Credentials | undefined } = { now: ours };
  const start = async () =>
    createDelivery({
      http: { request: () => Promise.reject(new WorkerError('http.unreachable', 'nobody there')) },
      outbox: await openOutbox({ dir: '/outbox', maxBytes: 1e6, files, clock, sha256, log }),
      claims: { send: (frame) => studio.live && sent.push(frame) > 0, release: (jobId) => void released.push(jobId) },
      credentials: () => credentials.now,
      clock,
      random: fakeRandom(),
      log,
      studioOffers: (feature) => feature === 'resume' && studio.keepsClaims,
      onReport: (jobId, report) => void reports.push({ jobId, ...report }),
    });
  return { reports, released, clock, log, sent, studio, credentials, start, files, delivery: await start() };
};

const welcome = (features: string[] = []) => ({
  type: 'welcome' as const,
  workerId: toWorkerId('w-1'),
  serverTime: '',
  features,
});
const claim = (jobId: string, held: boolean) => ({
  type: 'heartbeatAck' as const,
  claim: { jobId: toJobId(jobId), held },
});
const ack = (jobId: string) => ({ type: 'completeAck' as const, jobId: toJobId(jobId) });
const frame = (id: string) => completeJson(toJobId(id), { text: 'hi' }, 'hi');

const failed = (error: WorkerError): JobOutcome => {
  const { job, startedAt, finishedAt } = anOutcome('job-1');
  return { job, startedAt, finishedAt, is: 'failed', error };
};

test('a JSON result is sent once and leaves nothing on disk', async () => {
  const { delivery, sent, log, files } = await setup();
  expect(await delivery.deliver(aJsonOutcome('job-1'))).toEqual({ is: 'sent' });
  expect(sent).toEqual([frame('job-1')]);
  expect(log.find('result.sent')?.fields).toEqual({ jobId: 'job-1' });
  expect(files.contents.size).toBe(0);
});

test('an outcome whose claim the studio gave away is discarded, and its claim ends', async () => {
  const { delivery, sent, released } = await setup();
  const error = new WorkerError('job.claim-lost', 'the studio gave this job to another worker');
  const { job, startedAt, finishedAt } = anOutcome('job-1');
  expect(await delivery.deliver({ job, startedAt, finishedAt, is: 'cancelled', error })).toEqual({
    is: 'discarded',
    because: 'the studio gave this job to another worker',
  });
  expect(sent).toEqual([]);
  expect(released).toEqual(['job-1']);
});

test('a JSON result that is an object says what it was computed on', async () => {
  const { delivery, sent } = await setup();
  const ranOn = 'cuda';
  await delivery.deliver({ ...aJsonOutcome('job-1'), is: 'completed', result: { is: 'json', value: { a: 1 } }, ranOn });
  await delivery.deliver({ ...aJsonOutcome('job-2'), is: 'completed', result: { is: 'json', value: ['a'] }, ranOn });
  expect(sent).toMatchObject([{ result: { a: 1, ran_on: 'cuda' } }, { result: ['a'] }]);
});

test('a JSON result without a session is lost if claims are not kept', async () => {
  const { delivery, sent, studio, log, files } = await setup();
  studio.live = false;
  expect(await delivery.deliver(aJsonOutcome('job-1'))).toEqual({ is: 'discarded', because: 'no live session' });
  studio.live = true;
  delivery.onWelcome(welcome());
  delivery.onHeartbeatAck(claim('job-1', true));
  await settle();
  expect([sent, files.contents.size]).toEqual([[], 0]);
  expect(log.find('delivery.failed')?.fields).toMatchObject({ jobId: 'job-1' });
});

test('a JSON result stays on disk until a claim-keeping studio acknowledges it', async () => {
  const { delivery, reports } = await setup({ keepsClaims: true });
  expect(await delivery.deliver(aJsonOutcome('job-1'))).toEqual({ is: 'sent' });
  expect([delivery.pending().count, delivery.waitingJobIds()[0], reports]).toEqual([1, undefined, []]);
  delivery.onAck(ack('job-1'));
  await settle();
  expect([delivery.pending().count, reports]).toEqual([0, [{ jobId: toJobId('job-1'), is: 'delivered' }]]);
});

test('an unacknowledged JSON result is reclaimed and sent in the next session', async () => {
  const { delivery, sent } = await setup({ keepsClaims: true });
  await delivery.deliver(aJsonOutcome('job-1'));
  delivery.onLost();
  expect(delivery.waitingJobIds()[0]).toBe(toJobId('job-1')); // the first heartbeat goes out with the welcome
  delivery.onWelcome(welcome(['resume']));
  expect(delivery.waitingJobIds()[0]).toBe(toJobId('job-1'));
  expect(sent.length).toBe(1);
  delivery.onHeartbeatAck(claim('job-1', true));
  await settle();
  expect(sent).toEqual([frame('job-1'), frame('job-1')]);
  delivery.onHeartbeatAck(claim('job-1', true));
  await settle();
  expect(sent.length).toBe(2);
  delivery.onAck(ack('job-1'));
  await settle();
  expect(delivery.pending().count).toBe(0);
});

test('a JSON result whose claim went to someone else is discarded with a line', async () => {
  const { delivery, sent, studio, log, reports } = await setup({ keepsClaims: true });
  studio.live = false;
  expect(await delivery.deliver(aJsonOutcome('job-1'))).toEqual({ is: 'kept', because: 'no live session' });
  studio.live = true;
  delivery.onWelcome(welcome(['resume']));
  delivery.onHeartbeatAck(claim('job-1', false));
  await settle();
  expect([sent, delivery.pending().count, delivery.waitingJobIds()[0]]).toEqual([[], 0, undefined]);
  const because = 'the studio does not hold this job for us';
  expect(reports).toEqual([{ jobId: toJobId('job-1'), is: 'discarded', because }]);
  expect(log.find('result.discarded')?.fields).toMatchObject({ jobId: 'job-1' });
});

test('several JSON results are reclaimed one at a time, oldest first, across a restart', async () => {
  const { delivery, sent, studio, start } = await setup({ keepsClaims: true });
  studio.live = false;
  for (const id of ['a', 'b', 'c']) await delivery.deliver(aJsonOutcome(id));
  const next = await start();
  studio.live = true;
  next.onWelcome(welcome(['resume']));
  for (const id of ['a', 'b', 'c']) {
    expect(next.waitingJobIds()[0]).toBe(toJobId(id));
    next.onHeartbeatAck(claim(id, true));
    await settle();
  }
  expect(sent).toEqual([frame('a'), frame('b'), frame('c')]);
  expect(next.waitingJobIds()).toEqual([]);
});

test('a heartbeat costs the same however many JSON results wait', async () => {
  const { delivery, studio, credentials } = await setup({ keepsClaims: true });
  studio.live = false;
  const ids = Array.from({ length: 200 }, (_, at) => `job-${at}`);
  for (const id of ids) await delivery.deliver(aJsonOutcome(id));
  let asked = 0;
  Object.defineProperty(credentials, 'now', { get: () => (asked++, ours) });
  expect(delivery.waitingJobIds()).toEqual(ids.slice(0, MAX_PARALLEL_JOBS).map(toJobId));
  expect(asked).toBe(1);
});

test('JSON results that are reclaimed together are sent once each', async () => {
  const { delivery, sent, studio } = await setup({ keepsClaims: true });
  studio.live = false;
  for (const id of ['a', 'b', 'c']) await delivery.deliver(aJsonOutcome(id));
  studio.live = true;
  delivery.onWelcome(welcome(['resume']));
  expect(delivery.waitingJobIds()).toEqual(['a', 'b', 'c'].map(toJobId));
  for (const id of ['b', 'a', 'b', 'c']) delivery.onHeartbeatAck(claim(id, true));
  await settle();
  expect(sent.toSorted((a, b) => ('jobId' in a && 'jobId' in b && a.jobId < b.jobId ? -1 : 1))).toEqual([
    frame('a'),
    frame('b'),
    frame('c'),
  ]);
  expect(delivery.waitingJobIds()).toEqual([]);
});

test('a JSON result without a copy on disk is lost with its socket', async () => {
  const { delivery, reports } = await setup();
  for (const id of ['a', 'b']) expect(await delivery.deliver(aJsonOutcome(id))).toEqual({ is: 'sent' });
  for (const id of ['a', 'a', 'unknown']) delivery.onAck(ack(id));
  expect(reports).toEqual([{ jobId: toJobId('a'), is: 'delivered' }]);
  delivery.onLost();
  delivery.onLost();
  const because = 'the session was lost before the studio acknowledged the result';
  expect(reports.slice(1)).toEqual([{ jobId: toJobId('b'), is: 'discarded', because }]);
});

test('a result that waited over a week is discarded and reported', async () => {
  const { delivery, clock, studio, reports } = await setup({ keepsClaims: true });
  studio.live = false;
  await delivery.deliver(aJsonOutcome('job-1'));
  clock.advance(7 * 24 * 3_600_000 + 1);
  await delivery.deliverPending();
  const because = 'it waited too long for the studio';
  expect([delivery.pending().count, reports]).toEqual([0, [{ jobId: toJobId('job-1'), is: 'discarded', because }]]);
});

test('a wall clock that is set forward by a month costs no result', async () => {
  const { delivery, clock, studio, reports } = await setup({ keepsClaims: true });
  studio.live = false;
  await delivery.deliver(aJsonOutcome('job-1'));
  clock.jumpWallClock(30 * 24 * 3_600_000);
  await delivery.deliverPending();
  expect([delivery.pending().count, reports]).toEqual([1, []]);
});

test('an answer about another claim sends nothing', async () => {
  const { delivery, sent, studio } = await setup({ keepsClaims: true });
  studio.live = false;
  await delivery.deliver(aJsonOutcome('job-1'));
  studio.live = true;
  delivery.onHeartbeatAck(claim('job-9', true));
  delivery.onHeartbeatAck({ type: 'heartbeatAck', claim: undefined });
  await settle();
  expect([sent, delivery.waitingJobIds()[0]]).toEqual([[], toJobId('job-1')]);
});

test('a welcome without resume discards waiting JSON results with a warning each', async () => {
  const { delivery, studio, log } = await setup({ keepsClaims: true });
  studio.live = false;
  await delivery.deliver(aJsonOutcome('a'));
  await delivery.deliver(aJsonOutcome('b'));
  delivery.onWelcome(welcome());
  await settle();
  expect(delivery.pending().count).toBe(0);
  expect(log.events.filter((event) => event.event === 'result.discarded').map((event) => event.level)).toEqual([
    'warn',
    'warn',
  ]);
});

test('a JSON result is never offered to another studio or under another name', async () => {
  const { delivery, credentials, studio } = await setup({ keepsClaims: true });
  studio.live = false;
  await delivery.deliver(aJsonOutcome('job-1'));
  credentials.now = { ...ours, workerId: 'w-2' };
  delivery.onWelcome(welcome());
  expect([delivery.waitingJobIds()[0], delivery.pending().count]).toEqual([undefined, 1]);
});

test.each([
  ['engine.failed', true],
  ['task.unsupported', false],
] as const)('a job that failed with %s is reported with its outermost message', async (code, retryable) => {
  const { delivery, sent } = await setup();
  const error = new WorkerError(code, 'sd-cli exited with 1', { cause: new Error('out of memory') });
  expect(await delivery.deliver(failed(error))).toEqual({ is: 'reported' });
  expect(sent).toEqual([{ type: 'fail', jobId: toJobId('job-1'), error: 'sd-cli exited with 1', retryable }]);
});

test('a failure that cannot be sent is logged with its job', async () => {
  const { delivery, studio, log } = await setup();
  studio.live = false;
  const report = await delivery.deliver(failed(new WorkerError('engine.failed', 'boom')));
  expect(report).toEqual({ is: 'discarded', because: 'no live session' });
  expect(log.find('failure.not-sent')?.fields).toEqual({ jobId: 'job-1', error: 'boom' });
});

test('a result for an unreachable studio is kept after three tries', async () => {
  const { delivery, clock, sent, studio, log } = await setup();
  studio.live = false;
  const report = delivery.deliver(anOutcome('job-1'));
  await settle();
  expect(clock.nextInMs).toBe(1000);
  await clock.advanceAsync(1000);
  expect(clock.nextInMs).toBe(2000);
  await clock.advanceAsync(2000);
  expect(await report).toEqual({ is: 'kept', because: 'complete failed: nobody there' });
  expect([sent, delivery.pending().count]).toEqual([[], 1]);
  expect(log.events.filter((event) => event.event === 'delivery.retried').map((event) => event.fields)).toEqual([
    { jobId: 'job-1', error: 'complete failed: nobody there', attempt: 1, retryInMs: 1000 },
    { jobId: 'job-1', error: 'complete failed: nobody there', attempt: 2, retryInMs: 2000 },
  ]);
});

test('a result that somebody removes during its upload is kept once more', async () => {
  const { delivery, clock, files, start } = await setup();
  const report = delivery.deliver(anOutcome('job-1', new Uint8Array(100_000)));
  await settle();
  files.contents.clear();
  await clock.advanceAsync(3000);
  expect(await report).toMatchObject({ is: 'kept' });
  expect((await start()).pending()).toEqual({ count: 1, sizeBytes: 100_000 });
});

test('background rounds come ever more rarely and end with stop, leaving the result', async () => {
  const { delivery, clock, studio } = await setup();
  studio.live = false;
  const report = delivery.deliver(anOutcome('job-1'));
  await clock.advanceAsync(3000);
  await report;
  const pausesMs: number[] = [];
  for (let round = 0; round < 8; round++) {
    pausesMs.push(clock.nextInMs ?? 0);
    await clock.advanceAsync(clock.nextInMs ?? 0);
  }
  expect(pausesMs[0]).toBeWithin(30_000, 37_501);
  expect(pausesMs.at(-1)).toBeWithin(600_000, 750_001);
  expect(pausesMs.every((ms) => ms >= 30_000)).toBe(true);
  await delivery.stop();
  await delivery.stop();
  expect([clock.armed, delivery.pending().count]).toEqual([0, 1]);
});

test('a full disk does not stop a JSON result that can be sent', async () => {
  const { delivery, files, log } = await setup({ keepsClaims: true });
  files.full = true;
  expect(await delivery.deliver(aJsonOutcome('job-1'))).toEqual({ is: 'sent' });
  expect(log.find('result.not-kept')).toMatchObject({ level: 'warn', fields: { jobId: 'job-1' } });
});

test('a result made without a registration is discarded, its job failed', async () => {
  const { delivery, sent, credentials, log } = await setup();
  credentials.now = undefined;
  const because = 'there is no studio to send it to';
  expect(await delivery.deliver(anOutcome('job-1'))).toEqual({ is: 'discarded', because });
  expect(sent).toMatchObject([{ type: 'fail', retryable: true }]);
  expect(log.find('result.discarded')?.fields).toMatchObject({ jobId: 'job-1' });
});
