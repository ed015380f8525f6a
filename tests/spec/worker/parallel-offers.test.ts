import { expect, test } from 'bun:test';
import { gpuId } from '../../../src/base/gpu-device.ts';
import { toJobId } from '../../../src/base/ids.ts';
import type { OutboundFrame } from '../../../src/contract/frames/outbound.ts';
import { createScheduler } from '../../../src/jobs/scheduler.ts';
import { CPU_SLOT, type JobSlot, type SlotPreference } from '../../../src/jobs/slots/job-slot.ts';
import type { Lease } from '../../../src/jobs/slots/lease.ts';
import { createClaims } from '../../../src/worker/claims.ts';
import { createWorkerEvents } from '../../../src/worker/events.ts';
import { createPipeline } from '../../../src/worker/pipeline.ts';
import { refusalFor } from '../../../src/worker/rules/offer-facts.ts';
import { anOffer } from '../../fakes/builders.ts';
import { FIT } from '../../fakes/offer-facts.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';

const gpuSlot = (index: number): JobSlot => {
  const device = { vendor: 'nvidia', name: 'RTX 4090', uuid: `GPU-${index}`, index } as const;
  return { kind: 'gpu', id: gpuId(device), device, isOneOfSeveral: true };
};

const GPU: SlotPreference = { needs: 'gpu' };

/** A machine with so many GPUs, and a studio that allows so many jobs. Jobs end when the test says so. */
function setup({ gpus, maxJobs }: { readonly gpus: number; readonly maxJobs: number }) {
  const clock = new FakeClock();
  const log = recordingLogger();
  const slots = [...Array.from({ length: gpus }, (_, index) => gpuSlot(index)), CPU_SLOT];
  const scheduler = createScheduler({ clock, slots: () => slots });
  scheduler.setMax('studio', maxJobs);
  const sent: OutboundFrame[] = [];
  const leases = new Map<string, Lease>();
  const pipeline = createPipeline({
    studioOffers: () => false,
    scheduler,
    claims: createClaims({ send: (frame) => sent.push(frame) > 0 }),
    events: createWorkerEvents(log),
    log,
    sink: { deliver: () => Promise.resolve({ is: 'delivered' }) },
    jobs: {
      execute: (job, lease) => {
        leases.set(job.id, lease);
        return Promise.resolve();
      },
    },
    offerFacts: {
      wishFor: () => GPU,
      factsFor: (offer, { heldSlot } = { heldSlot: false }) => {
        const refusal = heldSlot ? undefined : refusalFor(offer, GPU, scheduler);
        const live = {
          ...FIT.live,
          holders: refusal?.holders ?? [],
          maintenance: refusal?.because === 'maintenance',
        };
        return { ...FIT, live };
      },
    },
  });
  const offer = (...ids: readonly string[]): void => {
    for (const id of ids) pipeline.onOffer(anOffer({ id }));
  };
  /** The results of these jobs are made, and on their way. */
  const deliver = (...ids: readonly string[]): void => {
    for (const id of ids) {
      const lease = leases.get(id);
      if (lease !== undefined) lease.phase = 'delivering';
    }
  };
  const finish = (id: string): void => leases.get(id)?.[Symbol.dispose]();
  /** All answers since the last call. */
  const answers = (): string[] => sent.splice(0).map((frame) => `${frame.type} ${'jobId' in frame ? frame.jobId : ''}`);
  return { clock, log, scheduler, pipeline, leases, offer, deliver, finish, answers };
}

test('four offers in one breath have a GPU each, and a fifth is rejected', () => {
  const { offer, answers, leases, log } = setup({ gpus: 4, maxJobs: 64 });
  offer('a', 'b', 'c', 'd', 'e');
  expect(answers()).toEqual(['accept a', 'accept b', 'accept c', 'accept d', 'reject e']);
  expect([...leases.values()].map(({ slot }) => slot.id)).toEqual(['GPU-0', 'GPU-1', 'GPU-2', 'GPU-3']);
  expect(log.find('offer.rejected')?.fields).toMatchObject({ rule: 'busy', because: 'already running a, b, c, d' });
});

test('a studio that allows two jobs has two of four GPUs', () => {
  const { offer, answers, finish } = setup({ gpus: 4, maxJobs: 2 });
  offer('a', 'b', 'c');
  expect(answers()).toEqual(['accept a', 'accept b', 'reject c']);
  finish('a');
  offer('c');
  expect(answers()).toEqual(['accept c']);
});

test('a studio of the bare contract has one job in flight, whatever the machine', () => {
  const { offer, answers } = setup({ gpus: 4, maxJobs: 1 });
  offer('a', 'b');
  expect(answers()).toEqual(['accept a', 'reject b']);
});

test('jobs in flight stay when the next studio allows fewer', () => {
  const { scheduler, offer, answers, finish, leases } = setup({ gpus: 4, maxJobs: 4 });
  offer('a', 'b', 'c');
  scheduler.setMax('studio', 1);
  offer('d');
  finish('a');
  offer('e');
  expect(answers()).toEqual(['accept a', 'accept b', 'accept c', 'reject d', 'reject e']);
  expect([leases.get('b')?.signal.aborted, leases.get('c')?.signal.aborted]).toEqual([false, false]);
});

test('a job that runs already is not taken twice, though a GPU is free', () => {
  const { offer, answers, deliver, log } = setup({ gpus: 2, maxJobs: 2 });
  offer('a', 'a');
  expect(answers()).toEqual(['accept a', 'reject a']);
  expect(log.find('offer.rejected')?.fields).toMatchObject({ because: 'already running a' });
  deliver('a');
  offer('a');
  expect(answers()).toEqual(['reject a']);
});

test('as many offers wait as slots are about to be free', () => {
  const { offer, deliver, finish, answers, clock } = setup({ gpus: 2, maxJobs: 2 });
  offer('a', 'b');
  deliver('a', 'b');
  offer('c', 'd', 'e');
  expect(answers()).toEqual(['accept a', 'accept b', 'reject e']);
  finish('b');
  finish('a');
  expect(answers()).toEqual(['accept c', 'accept d']);
  expect(clock.armed).toBe(0);
});

test('all offers that wait are forgotten with their socket', () => {
  const { pipeline, scheduler, offer, deliver, finish, answers, clock } = setup({ gpus: 2, maxJobs: 2 });
  offer('a', 'b');
  deliver('a', 'b');
  offer('c', 'd');
  pipeline.onLost();
  finish('a');
  finish('b');
  clock.advance(1_000);
  expect(answers()).toEqual(['accept a', 'accept b']);
  expect(scheduler.held).toEqual([]);
});

test('a claim that is lost cancels its own job and no other', () => {
  const { pipeline, offer, leases } = setup({ gpus: 4, maxJobs: 4 });
  offer('a', 'b', 'c', 'd');
  pipeline.onHeartbeatAck({ type: 'heartbeatAck', claim: { jobId: toJobId('b'), held: false } });
  const ended = [...leases].filter(([, { signal }]) => signal.aborted).map(([id]) => id);
  expect(ended).toEqual(['b']);
});

test('a request that waits and may choose otherwise by now comes before an offer', () => {
  const { scheduler, offer, answers, log } = setup({ gpus: 2, maxJobs: 2 });
  offer('a');
  const mind = { isMadeUp: false };
  const wish: SlotPreference = { needs: 'gpu', choose: ({ free }) => (mind.isMadeUp ? free[0] : undefined) };
  scheduler.waitFor({ origin: 'local', purpose: 'chat-1', wish }, { maxWaitMs: 60_000, onAnswer: () => {} });
  mind.isMadeUp = true;
  offer('b');
  expect(scheduler.held.map(({ purpose }) => purpose)).toEqual(['a', 'chat-1']);
  expect(answers()).toEqual(['accept a', 'reject b']);
  expect(log.find('offer.rejected')?.fields).toMatchObject({ rule: 'busy' });
});

test('an update that waits rejects offers while the jobs in flight end', () => {
  const { scheduler, offer, answers, finish } = setup({ gpus: 4, maxJobs: 4 });
  offer('a', 'b');
  const held: string[] = [];
  const onAnswer = ({ is }: { readonly is: string }): void => void held.push(is);
  scheduler.waitFor({ origin: 'maintenance', purpose: 'update 9.9.9' }, { maxWaitMs: 60_000, onAnswer });
  offer('c', 'a');
  expect(answers()).toEqual(['accept a', 'accept b', 'reject c', 'reject a']);
  finish('a');
  expect(held).toEqual([]);
  finish('b');
  expect(held).toEqual(['leased']);
});
