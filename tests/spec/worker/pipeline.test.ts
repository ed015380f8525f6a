import { expect, test } from 'bun:test';
import type { WorkerError } from '../../../src/base/errors.ts';
import { toJobId } from '../../../src/base/ids.ts';
import type { OutboundFrame } from '../../../src/contract/frames/outbound.ts';
import { createHistory } from '../../../src/jobs/history.ts';
import type { Job, JobOutcome } from '../../../src/jobs/job.ts';
import { createSlot } from '../../../src/jobs/slot.ts';
import { createClaims } from '../../../src/worker/claims.ts';
import { createPipeline } from '../../../src/worker/pipeline.ts';
import { anOffer } from '../../fakes/builders.ts';
import { FakeClock, settle } from '../../fakes/system/fake-clock.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';

/** A pipeline whose engine and whose uploads end when the test says so. */
function setup() {
  const clock = new FakeClock();
  const log = recordingLogger();
  const slot = createSlot();
  const history = createHistory();
  const sent: OutboundFrame[] = [];
  const line = { live: true, onSend: (_frame: OutboundFrame): void => {} };
  const claims = createClaims({
    send: (frame) => {
      line.onSend(frame);
      return line.live && sent.push(frame) > 0;
    },
  });
  const obstacles: { paused: boolean; outboxFull: boolean; unfit?: string } = { paused: false, outboxFull: false };
  const runs: { job: Job; signal: AbortSignal; end: (about: Partial<JobOutcome>) => void }[] = [];
  const deliveries: { outcome: JobOutcome; done: () => void }[] = [];
  const pipeline = createPipeline({
    slot,
    claims,
    history,
    clock,
    log,
    delivery: {
      deliver: (outcome) =>
        new Promise((resolve) => deliveries.push({ outcome, done: () => resolve({ is: 'delivered' }) })),
    },
    run: (job, _log, signal) =>
      new Promise((resolve) =>
        runs.push({
          job,
          signal,
          end: (about) =>
            resolve({
              job,
              startedAt: 0,
              finishedAt: 1,
              is: 'completed',
              result: { is: 'json', value: 1 },
              ...about,
            } as JobOutcome),
        }),
      ),
    snapshot: () => ({ onlyWhenIdle: false, userPresence: undefined, stopping: false, ...obstacles }),
  });
  const answers = () => sent.map((frame) => `${frame.type} ${'jobId' in frame ? frame.jobId : ''}`);
  return { clock, log, slot, history, line, claims, obstacles, runs, deliveries, pipeline, sent, answers };
}

test('an offer is accepted, run, delivered and remembered', async () => {
  const { pipeline, runs, deliveries, slot, history, answers } = setup();
  pipeline.onOffer(anOffer());
  expect(answers()).toEqual(['accept job-1']);
  expect(pipeline.current?.job.id).toBe(toJobId('job-1'));
  runs[0]!.end({});
  await settle();
  deliveries[0]!.done();
  await settle();
  expect(slot.held).toBeUndefined();
  expect(history.recent()).toHaveLength(1);
});

test('an accept is on its way before the offer is logged', () => {
  const { pipeline, line, log, answers } = setup();
  const saidBefore: boolean[] = [];
  line.onSend = () => void saidBefore.push(log.names().includes('offer.received'));
  pipeline.onOffer(anOffer());
  expect(answers()).toEqual(['accept job-1']);
  expect(saidBefore).toEqual([false]);
  expect(log.find('offer.received')?.fields.jobId).toBe('job-1');
});

test('an offer that waits for the slot is logged once, when it comes', async () => {
  const { pipeline, log, runs, deliveries } = setup();
  pipeline.onOffer(anOffer({ id: 'job-1' }));
  runs[0]!.end({});
  await settle();
  pipeline.onOffer(anOffer({ id: 'job-2' }));
  expect(log.events.filter(({ event }) => event === 'offer.received')).toHaveLength(2);
  deliveries[0]!.done();
  await settle();
  expect(log.events.filter(({ event }) => event === 'offer.received')).toHaveLength(2);
});

test('two offers in one breath cannot both be taken', () => {
  const { pipeline, answers } = setup();
  pipeline.onOffer(anOffer({ id: 'job-1' }));
  pipeline.onOffer(anOffer({ id: 'job-2' }));
  expect(answers()).toEqual(['accept job-1', 'reject job-2']);
});

test('a rejection carries its code and its exact text', () => {
  const { pipeline, obstacles, sent } = setup();
  obstacles.paused = true;
  pipeline.onOffer(anOffer());
  expect(sent).toEqual([
    { type: 'reject', jobId: toJobId('job-1'), reason: 'worker paused by operator', code: 'paused' },
  ]);
});

test('an accept that cannot be sent promises nothing and frees the slot', () => {
  const { pipeline, line, slot, runs, log } = setup();
  line.live = false;
  pipeline.onOffer(anOffer());
  expect(slot.held).toBeUndefined();
  expect(runs).toHaveLength(0);
  expect(log.find('accept.not-sent')?.fields).toMatchObject({ jobId: 'job-1' });
});

test('an offer that overtakes the answer to an upload waits for the slot', async () => {
  const { pipeline, runs, deliveries, answers, clock } = setup();
  pipeline.onOffer(anOffer({ id: 'job-1' }));
  runs[0]!.end({});
  await settle();
  pipeline.onOffer(anOffer({ id: 'job-2' }));
  expect(answers()).toEqual(['accept job-1']);
  deliveries[0]!.done();
  await settle();
  expect(answers()).toEqual(['accept job-1', 'accept job-2']);
  expect(clock.armed).toBe(0);
});

test('an offer whose model may not run now is busy to the studio, and the log says why', () => {
  const { pipeline, obstacles, log, sent, runs } = setup();
  obstacles.unfit = 'lama crashed the onnx engine again and again';
  pipeline.onOffer(anOffer());
  expect(sent).toEqual([
    { type: 'reject', jobId: toJobId('job-1'), reason: 'worker already has an in-flight job', code: 'busy' },
  ]);
  expect(log.find('offer.rejected')?.fields).toMatchObject({ because: obstacles.unfit });
  expect(runs).toEqual([]);
});

test('an offer that waited too long for the slot is rejected as busy', async () => {
  const { pipeline, runs, answers, clock } = setup();
  pipeline.onOffer(anOffer({ id: 'job-1' }));
  runs[0]!.end({});
  await settle();
  pipeline.onOffer(anOffer({ id: 'job-2' }));
  clock.advance(250);
  expect(answers()).toEqual(['accept job-1', 'reject job-2']);
});

test('an offer that waited when the socket was lost is forgotten', async () => {
  const { pipeline, runs, deliveries, answers, clock } = setup();
  pipeline.onOffer(anOffer({ id: 'job-1' }));
  runs[0]!.end({});
  await settle();
  pipeline.onOffer(anOffer({ id: 'job-2' }));
  pipeline.onLost();
  deliveries[0]!.done();
  await settle();
  clock.advance(1_000);
  expect(answers()).toEqual(['accept job-1']);
});

test('a claim the studio gave away cancels the run and tells nobody', async () => {
  const { pipeline, runs, deliveries, slot } = setup();
  pipeline.onOffer(anOffer());
  const running = runs[0]!;
  pipeline.onHeartbeatAck({ type: 'heartbeatAck', claim: { jobId: toJobId('job-1'), held: false } });
  expect(running.signal.aborted).toBe(true);
  running.end({ is: 'cancelled', error: running.signal.reason as WorkerError } as Partial<JobOutcome>);
  await settle();
  expect(deliveries).toHaveLength(0);
  expect(slot.held).toBeUndefined();
});

test('a job keeps running while the studio confirms the claim', () => {
  const { pipeline, runs } = setup();
  pipeline.onOffer(anOffer());
  pipeline.onHeartbeatAck({ type: 'heartbeatAck', claim: { jobId: toJobId('job-1'), held: true } });
  pipeline.onHeartbeatAck({ type: 'heartbeatAck', claim: { jobId: toJobId('job-0'), held: false } });
  expect(runs[0]!.signal.aborted).toBe(false);
});

test('the prompt in the log is a preview, never the whole text', () => {
  const { pipeline, log } = setup();
  const prompt = 'p'.repeat(5_000);
  pipeline.onOffer(
    anOffer({ task: { ...anOffer().task, kind: 'llm', messages: [{ role: 'user', content: prompt }] } as never }),
  );
  expect(log.find('offer.received')?.fields.promptPreview).toBe(`${'p'.repeat(200)}…`);
});
