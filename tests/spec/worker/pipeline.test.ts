import { expect, test } from 'bun:test';
import { toJobId } from '../../../src/base/ids.ts';
import type { Feature } from '../../../src/contract/frames/inbound.ts';
import type { OutboundFrame } from '../../../src/contract/frames/outbound.ts';
import type { Job, ResultSink } from '../../../src/jobs/job.ts';
import type { Lease } from '../../../src/jobs/slots/lease.ts';
import { createScheduler } from '../../../src/jobs/scheduler.ts';
import { createClaims } from '../../../src/worker/claims.ts';
import { createWorkerEvents, type WorkerEvent } from '../../../src/worker/events.ts';
import type { OfferFacts } from '../../../src/worker/rules/offer-facts.ts';
import { createPipeline } from '../../../src/worker/pipeline.ts';
import { anLlmTask, anOffer } from '../../fakes/builders.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { FIT } from '../../fakes/offer-facts.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';

/** A pipeline whose jobs end when the test says so. */
function setup() {
  const clock = new FakeClock();
  const log = recordingLogger();
  const scheduler = createScheduler({ clock });
  const events = createWorkerEvents(log);
  const happened: WorkerEvent[] = [];
  events.subscribe((event) => void happened.push(event));
  const sent: OutboundFrame[] = [];
  const socket = { live: true, onSend: (_frame: OutboundFrame): void => {} };
  const claims = createClaims({
    send: (frame) => {
      socket.onSend(frame);
      return socket.live && sent.push(frame) > 0;
    },
  });
  const obstacles: { facts: Partial<OfferFacts>; read: number } = { facts: {}, read: 0 };
  const jobs: { job: Job; lease: Lease }[] = [];
  const sink: ResultSink = { deliver: () => Promise.resolve({ is: 'delivered' }) };
  const offered: Feature[] = [];
  const pipeline = createPipeline({
    studioOffers: (feature) => offered.includes(feature),
    scheduler,
    claims,
    events,
    log,
    sink,
    jobs: {
      execute: (job, lease) => {
        jobs.push({ job, lease });
        return Promise.resolve();
      },
    },
    offerFacts: {
      wishFor: () => ({ needs: 'gpu' }),
      factsFor: (_offer, { heldSlot } = { heldSlot: false }) => {
        obstacles.read += 1;
        const holders = heldSlot ? [] : scheduler.held;
        return { ...FIT, live: { ...FIT.live, holders }, ...obstacles.facts };
      },
    },
  });
  const answers = () => sent.map((frame) => `${frame.type} ${'jobId' in frame ? frame.jobId : ''}`);
  /** The first job's result is made, and on its way to the studio. */
  const deliverFirst = (): void => {
    if (jobs[0] !== undefined) jobs[0].lease.phase = 'delivering';
  };
  const finishFirst = (): void => jobs[0]?.lease[Symbol.dispose]();
  return {
    clock,
    offered,
    log,
    scheduler,
    happened,
    socket,
    obstacles,
    jobs,
    sink,
    pipeline,
    sent,
    answers,
    deliverFirst,
    finishFirst,
  };
}

test('an offer that nothing stands against is accepted and carried out', () => {
  const { pipeline, jobs, sink, happened, answers } = setup();
  pipeline.onOffer(anOffer());
  expect(answers()).toEqual(['accept job-1']);
  expect(jobs).toMatchObject([{ job: { id: 'job-1', origin: 'studio', sink }, lease: { purpose: 'job-1' } }]);
  expect(happened).toEqual([{ is: 'offer', jobId: toJobId('job-1'), kind: 'llm', model: anOffer().model }]);
});

test('an accept is on its way before the offer is logged', () => {
  const { pipeline, socket, log, answers } = setup();
  const loggedBefore: boolean[] = [];
  socket.onSend = () => void loggedBefore.push(log.names().includes('offer.received'));
  pipeline.onOffer(anOffer());
  expect(answers()).toEqual(['accept job-1']);
  expect(loggedBefore).toEqual([false]);
  expect(log.find('offer.received')?.fields.jobId).toBe('job-1');
});

test('an offer is decided on facts that were read once', () => {
  const { pipeline, obstacles, log } = setup();
  obstacles.facts = { claimingOff: true, userPresence: 'active' };
  pipeline.onOffer(anOffer());
  expect(obstacles.read).toBe(1);
  expect(log.find('offer.rejected')?.fields).toMatchObject({ rule: 'claiming', presence: 'active' });
});

test('a studio that can read it is told what exactly is in the way', () => {
  const { pipeline, obstacles, offered, sent } = setup();
  obstacles.facts = { live: { ...FIT.live, outboxSpace: 'full' } };
  pipeline.onOffer(anOffer());
  offered.push('rejectDetail');
  pipeline.onOffer(anOffer());
  const busy = { type: 'reject', jobId: 'job-1', reason: 'worker already has an in-flight job', code: 'busy' };
  const detail = 'the outbox is full of results that the studio does not have yet';
  expect(sent as unknown[]).toEqual([busy, { ...busy, detail }]);
});

test('an offer that waits for the slot is logged once, when it comes', () => {
  const { pipeline, log, deliverFirst, finishFirst } = setup();
  pipeline.onOffer(anOffer({ id: 'job-1' }));
  deliverFirst();
  pipeline.onOffer(anOffer({ id: 'job-2' }));
  finishFirst();
  expect(log.events.filter(({ event }) => event === 'offer.received')).toHaveLength(2);
});

test('two offers in one breath cannot both be taken', () => {
  const { pipeline, answers } = setup();
  pipeline.onOffer(anOffer({ id: 'job-1' }));
  pipeline.onOffer(anOffer({ id: 'job-2' }));
  expect(answers()).toEqual(['accept job-1', 'reject job-2']);
});

test('a rejection carries its code and its exact text, and is an event', () => {
  const { pipeline, obstacles, sent, happened } = setup();
  obstacles.facts = { claimingOff: true };
  pipeline.onOffer(anOffer());
  expect(sent).toEqual([
    { type: 'reject', jobId: toJobId('job-1'), reason: 'worker paused by operator', code: 'paused' },
  ]);
  expect(happened.at(-1)).toEqual({
    is: 'rejected',
    jobId: toJobId('job-1'),
    rule: 'claiming',
    because: 'claiming is off',
  });
});

test('an accept that cannot be sent promises nothing and frees the slot', () => {
  const { pipeline, socket, scheduler, jobs, log } = setup();
  socket.live = false;
  pipeline.onOffer(anOffer());
  expect(scheduler.held).toEqual([]);
  expect(jobs).toEqual([]);
  expect(log.find('accept.not-sent')?.fields).toMatchObject({ jobId: 'job-1' });
});

test('an offer that overtakes the answer to an upload waits for the slot', () => {
  const { pipeline, answers, clock, deliverFirst, finishFirst } = setup();
  pipeline.onOffer(anOffer({ id: 'job-1' }));
  deliverFirst();
  pipeline.onOffer(anOffer({ id: 'job-2' }));
  expect(answers()).toEqual(['accept job-1']);
  finishFirst();
  expect(answers()).toEqual(['accept job-1', 'accept job-2']);
  expect(clock.armed).toBe(0);
});

test('a queued offer is decided by the facts when it starts', () => {
  const { pipeline, answers, scheduler, obstacles, deliverFirst, finishFirst } = setup();
  pipeline.onOffer(anOffer({ id: 'job-1' }));
  deliverFirst();
  pipeline.onOffer(anOffer({ id: 'job-2' }));
  obstacles.facts = { claimingOff: true };
  finishFirst();
  expect(answers()).toEqual(['accept job-1', 'reject job-2']);
  expect(scheduler.held).toEqual([]);
});

test('an offer whose model may not run is busy, with a logged reason', () => {
  const { pipeline, obstacles, log, sent, jobs } = setup();
  obstacles.facts = { live: { ...FIT.live, loadFailure: 'lama cannot be loaded here' } };
  pipeline.onOffer(anOffer());
  expect(sent).toEqual([
    { type: 'reject', jobId: toJobId('job-1'), reason: 'worker already has an in-flight job', code: 'busy' },
  ]);
  expect(log.find('offer.rejected')?.fields).toMatchObject({ because: 'lama cannot be loaded here' });
  expect(jobs).toEqual([]);
});

test('an offer that waited too long for the slot is rejected as busy', () => {
  const { pipeline, answers, clock, deliverFirst } = setup();
  pipeline.onOffer(anOffer({ id: 'job-1' }));
  deliverFirst();
  pipeline.onOffer(anOffer({ id: 'job-2' }));
  clock.advance(250);
  expect(answers()).toEqual(['accept job-1', 'reject job-2']);
});

test('an offer that waited when the socket was lost is forgotten', () => {
  const { pipeline, answers, clock, scheduler, deliverFirst, finishFirst } = setup();
  pipeline.onOffer(anOffer({ id: 'job-1' }));
  deliverFirst();
  pipeline.onOffer(anOffer({ id: 'job-2' }));
  pipeline.onLost();
  finishFirst();
  clock.advance(1_000);
  expect(answers()).toEqual(['accept job-1']);
  expect(scheduler.held).toEqual([]);
});

test('a claim the studio gave away cancels the job, unless its result is made', () => {
  const { pipeline, jobs, deliverFirst } = setup();
  const lost = { type: 'heartbeatAck', claim: { jobId: toJobId('job-1'), held: false } } as const;
  pipeline.onOffer(anOffer());
  deliverFirst();
  pipeline.onHeartbeatAck(lost);
  expect(jobs[0]?.lease.signal.aborted).toBe(false);
  if (jobs[0] !== undefined) jobs[0].lease.phase = 'running';
  pipeline.onHeartbeatAck(lost);
  expect(jobs[0]?.lease.signal.reason).toMatchObject({ code: 'job.claim-lost' });
});

test('a claim that the operator cancelled is called so', () => {
  const { pipeline, jobs } = setup();
  pipeline.onOffer(anOffer());
  const claim = { jobId: toJobId('job-1'), held: false, because: 'cancelled' };
  pipeline.onHeartbeatAck({ type: 'heartbeatAck', claim });
  expect(jobs[0]?.lease.signal.reason).toMatchObject({ message: 'the operator of the studio cancelled this job' });
});

test('a job keeps running while the studio confirms the claim', () => {
  const { pipeline, jobs } = setup();
  pipeline.onOffer(anOffer());
  pipeline.onHeartbeatAck({ type: 'heartbeatAck', claim: { jobId: toJobId('job-1'), held: true } });
  pipeline.onHeartbeatAck({ type: 'heartbeatAck', claim: { jobId: toJobId('job-0'), held: false } });
  expect(jobs[0]?.lease.signal.aborted).toBe(false);
});

test('the log previews the prompt at debug level only', () => {
  const { pipeline, log } = setup();
  const prompt = 'p'.repeat(5_000);
  pipeline.onOffer(anOffer({ task: anLlmTask(prompt) }));
  expect(log.find('offer.prompt')).toMatchObject({ level: 'debug', fields: { promptPreview: `${'p'.repeat(200)}…` } });
  expect(JSON.stringify(log.find('offer.received'))).not.toContain('ppp');
});
