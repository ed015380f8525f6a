import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { WorkerError } from '../../../src/base/errors.ts';
import { gpuId } from '../../../src/base/gpu-device.ts';
import type { JobSlot } from '../../../src/jobs/slots/job-slot.ts';
import type { Lease, SlotRefusal } from '../../../src/jobs/slots/lease.ts';
import { createScheduler, type Scheduler } from '../../../src/jobs/scheduler.ts';
import type { LocalPriority, Origin } from '../../../src/jobs/turn-order.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';

/** A slot for each of so many GPUs, and none for anything else. */
const gpuSlots = (count: number): readonly JobSlot[] =>
  Array.from({ length: count }, (_, index) => {
    const device = { vendor: 'nvidia', name: 'RTX 4090', uuid: `GPU-${index}`, index } as const;
    return { kind: 'gpu', id: gpuId(device), device, isOneOfSeveral: count > 1 };
  });

function setup(slots?: number, localPriority: () => LocalPriority = () => 'first') {
  const clock = new FakeClock();
  const left = { times: 0 };
  const onLeftFree = (): void => void (left.times += 1);
  const options = { clock, localPriority, onLeftFree };
  const scheduler = createScheduler({ ...options, ...(slots === undefined ? {} : { slots: () => gpuSlots(slots) }) });
  scheduler.setMax('studio', slots ?? 1);
  return { clock, scheduler, left };
}

function take(scheduler: Scheduler, purpose: string, origin: Origin = 'studio'): Lease {
  const answer = scheduler.reserve({ origin, purpose });
  if (answer.is === 'refused') throw new WorkerError('internal', `${purpose} got no slot`);
  return answer;
}

/** Waits for a slot and writes down what came of it. */
function waiting(scheduler: Scheduler, purpose: string, about: { origin?: Origin; maxWaitMs?: number } = {}) {
  const answers: (Lease | SlotRefusal)[] = [];
  const { origin = 'local', maxWaitMs = 1_000 } = about;
  const takeBack = scheduler.waitFor({ origin, purpose }, { maxWaitMs, onAnswer: (answer) => answers.push(answer) });
  return { answers, takeBack };
}

test('a busy slot is refused with its holder and the holder’s phase', () => {
  const { scheduler } = setup();
  take(scheduler, 'job-1').phase = 'delivering';
  expect(scheduler.reserve({ origin: 'local', purpose: 'chat-1' })).toEqual({
    is: 'refused',
    because: 'busy',
    holders: [{ origin: 'studio', purpose: 'job-1', phase: 'delivering' }],
  });
});

test('a slot is free again on every way out, also by an exception', () => {
  const { scheduler } = setup();
  const leaveByThrowing = (): void => {
    using lease = take(scheduler, 'job-1');
    throw new WorkerError('engine.failed', lease.purpose);
  };
  expect(leaveByThrowing).toThrow('job-1');
  expect(scheduler.held).toEqual([]);
});

test('disposing of a lease twice does not free its successor', () => {
  const { scheduler } = setup();
  const first = take(scheduler, 'job-1');
  first[Symbol.dispose]();
  const second = take(scheduler, 'job-2');
  first[Symbol.dispose]();
  expect(scheduler.held).toEqual([second]);
});

test('as many slots are held at a time as there are, and no more', () => {
  const { scheduler } = setup(3);
  for (const purpose of ['job-1', 'job-2', 'job-3']) take(scheduler, purpose);
  expect(scheduler.reserve({ origin: 'studio', purpose: 'job-4' }).is).toBe('refused');
  expect(scheduler.held.map(({ purpose }) => purpose)).toEqual(['job-1', 'job-2', 'job-3']);
});

test('cancelling aborts one holder with the reason and leaves the others alone', () => {
  const { scheduler } = setup(2);
  const [one, two] = [take(scheduler, 'job-1'), take(scheduler, 'job-2')];
  const reason = new WorkerError('job.cancelled', 'stop');
  expect(scheduler.cancel('job-1', reason)).toBe(true);
  expect(one.signal.reason).toBe(reason);
  expect(two.signal.aborted).toBe(false);
  expect(scheduler.cancel('job-7', reason)).toBe(false);
});

test('who waits gets the next free slot, in the order of waiting', () => {
  const { scheduler, clock } = setup();
  const held = take(scheduler, 'job-1');
  const [first, second] = [waiting(scheduler, 'chat-1'), waiting(scheduler, 'chat-2')];
  held[Symbol.dispose]();
  expect(first.answers).toMatchObject([{ is: 'leased', purpose: 'chat-1' }]);
  expect(second.answers).toEqual([]);
  scheduler.held[0]?.[Symbol.dispose]();
  expect(second.answers).toMatchObject([{ is: 'leased', purpose: 'chat-2' }]);
  expect(clock.armed).toBe(0);
});

test('a new offer does not overtake a request that waits', () => {
  const { scheduler } = setup(2);
  const held = [take(scheduler, 'job-1'), take(scheduler, 'job-2')];
  const chat = waiting(scheduler, 'chat-1');
  held[0]?.[Symbol.dispose]();
  expect(chat.answers).toHaveLength(1);
  expect(scheduler.reserve({ origin: 'studio', purpose: 'job-3' }).is).toBe('refused');
});

test('a wait ends at its limit, with who held the slot all the while', () => {
  const { scheduler, clock } = setup();
  take(scheduler, 'job-1');
  const chat = waiting(scheduler, 'chat-1', { maxWaitMs: 500 });
  clock.advance(499);
  expect(chat.answers).toEqual([]);
  clock.advance(1);
  expect(chat.answers).toMatchObject([{ is: 'refused', because: 'busy', holders: [{ purpose: 'job-1' }] }]);
});

test('a listener that throws keeps nobody behind it waiting', () => {
  let count = 1;
  const scheduler = createScheduler({ clock: new FakeClock(), slots: () => gpuSlots(count) });
  const lease = take(scheduler, 'job-1');
  const onAnswer = (): void => {
    throw new WorkerError('internal', 'a listener that fails');
  };
  scheduler.waitFor({ origin: 'local', purpose: 'chat-1' }, { maxWaitMs: 1_000, onAnswer });
  const { answers } = waiting(scheduler, 'chat-2');
  expect(() => lease[Symbol.dispose]()).toThrow('a listener that fails');
  count = 2;
  scheduler.reconsider();
  expect(answers).toMatchObject([{ is: 'leased', purpose: 'chat-2' }]);
});

test('a wait that is taken back is never answered', () => {
  const { scheduler, clock } = setup();
  const held = take(scheduler, 'job-1');
  const chat = waiting(scheduler, 'chat-1');
  chat.takeBack();
  held[Symbol.dispose]();
  clock.advance(5_000);
  expect(chat.answers).toEqual([]);
  expect(scheduler.held).toEqual([]);
});

test('maintenance waits for every slot, and nobody else gets one meanwhile', () => {
  const { scheduler } = setup(2);
  const held = [take(scheduler, 'job-1'), take(scheduler, 'job-2')];
  const update = waiting(scheduler, 'update 0.6.1', { origin: 'maintenance' });
  held[0]?.[Symbol.dispose]();
  expect(update.answers).toEqual([]);
  expect(scheduler.reserve({ origin: 'studio', purpose: 'job-3' })).toMatchObject({ because: 'maintenance' });
  held[1]?.[Symbol.dispose]();
  expect(update.answers).toMatchObject([{ is: 'leased', origin: 'maintenance' }]);
});

test('maintenance comes before requests that waited longer, which go on waiting', () => {
  const { scheduler } = setup();
  const held = take(scheduler, 'job-1');
  const chat = waiting(scheduler, 'chat-1', { maxWaitMs: 60_000 });
  const update = waiting(scheduler, 'update 0.6.1', { origin: 'maintenance' });
  held[Symbol.dispose]();
  expect([chat.answers.length, update.answers.length]).toEqual([0, 1]);
  scheduler.held[0]?.[Symbol.dispose]();
  expect(chat.answers).toMatchObject([{ is: 'leased' }]);
});

test('maintenance that is given up lets those behind it go on at once', () => {
  const { scheduler, clock } = setup(2);
  take(scheduler, 'job-1');
  const update = waiting(scheduler, 'update 0.6.1', { origin: 'maintenance', maxWaitMs: 100 });
  const chat = waiting(scheduler, 'chat-1', { maxWaitMs: 60_000 });
  clock.advance(100);
  expect(update.answers).toMatchObject([{ is: 'refused', holders: [{ purpose: 'job-1' }] }]);
  expect(chat.answers).toMatchObject([{ is: 'leased' }]);
});

test('who waits for idleness is called once, when the last slot is free', () => {
  const { scheduler } = setup(2);
  const calls: string[] = [];
  scheduler.whenIdle(() => calls.push('at once'));
  const held = [take(scheduler, 'job-1'), take(scheduler, 'job-2')];
  scheduler.whenIdle(() => calls.push('later'));
  scheduler.whenIdle(() => calls.push('never'))();
  held[0]?.[Symbol.dispose]();
  expect(calls).toEqual(['at once']);
  held[1]?.[Symbol.dispose]();
  take(scheduler, 'job-3')[Symbol.dispose]();
  expect(calls).toEqual(['at once', 'later']);
});

test('a machine with somebody waiting is not idle', () => {
  const { scheduler } = setup();
  const held = take(scheduler, 'job-1');
  const calls: string[] = [];
  scheduler.whenIdle(() => calls.push('idle'));
  waiting(scheduler, 'chat-1');
  held[Symbol.dispose]();
  expect(calls).toEqual([]);
  scheduler.held[0]?.[Symbol.dispose]();
  expect(calls).toEqual(['idle']);
});

test('slots are never overdrawn, and every wait ends exactly once', () => {
  const step = fc.record({
    origin: fc.constantFrom<Origin>('studio', 'local', 'maintenance'),
    act: fc.constantFrom('reserve', 'wait', 'free', 'tick'),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), (slots, steps) => {
      const { scheduler, clock } = setup(slots);
      const waits: (readonly unknown[])[] = [];
      steps.forEach(({ origin, act }, at) => {
        if (act === 'reserve') scheduler.reserve({ origin, purpose: `p-${at}` });
        if (act === 'wait') waits.push(waiting(scheduler, `p-${at}`, { origin }).answers);
        if (act === 'free') scheduler.held[0]?.[Symbol.dispose]();
        if (act === 'tick') clock.advance(400);
        const { held } = scheduler;
        const alone = held.some((lease) => lease.origin === 'maintenance');
        expect(held.length).toBeLessThanOrEqual(alone ? 1 : slots);
      });
      clock.advance(1_000);
      expect(waits.every((answers) => answers.length === 1)).toBe(true);
      expect(clock.armed).toBe(0);
    }),
  );
});

/** Ends a job and tells whether a request of this machine, or an offer that comes in time, has the slot next. */
function afterJobOf(origin: Origin, priority: LocalPriority) {
  const { scheduler, clock, left } = setup(1, () => priority);
  const job = take(scheduler, 'job-1', origin);
  const { answers } = waiting(scheduler, 'chat-1', { maxWaitMs: 60_000 });
  job[Symbol.dispose]();
  const isLocalNext = answers.length === 1;
  const offer = scheduler.reserve({ origin: 'studio', purpose: 'job-2' });
  return { scheduler, clock, left, answers, isLocalNext, offer };
}

test('a local request is next in line by default, whatever ran before', () => {
  for (const origin of ['studio', 'local'] as const) {
    const { isLocalNext, offer, left } = afterJobOf(origin, 'first');
    expect([isLocalNext, offer.is, left.times]).toEqual([true, 'refused', 0]);
  }
});

test('in turns, a local request goes after a studio job and leaves the next', () => {
  expect(afterJobOf('studio', 'fair')).toMatchObject({ isLocalNext: true, offer: { is: 'refused' } });
  expect(afterJobOf('local', 'fair')).toMatchObject({
    isLocalNext: false,
    offer: { is: 'leased' },
    left: { times: 1 },
  });
});

test('in last place, a local request leaves the slot after every job', () => {
  for (const origin of ['studio', 'local'] as const) {
    const { offer, answers, clock, scheduler } = afterJobOf(origin, 'last');
    expect([offer.is, answers]).toEqual(['leased', []]);
    if (offer.is !== 'leased') continue;
    clock.advance(10_000); // the offer's job runs longer than the moment that was left
    offer[Symbol.dispose]();
    expect(scheduler.refusal({ origin: 'studio' })).toBeUndefined();
    clock.advance(999);
    expect(answers).toEqual([]);
    clock.advance(1);
    expect(answers).toMatchObject([{ is: 'leased', purpose: 'chat-1' }]);
  }
});

test('a short studio job in that moment begins another one', () => {
  const { offer, answers, clock } = afterJobOf('studio', 'last');
  clock.advance(500);
  if (offer.is === 'leased') offer[Symbol.dispose]();
  clock.advance(999);
  expect(answers).toEqual([]);
  clock.advance(1);
  expect(answers).toHaveLength(1);
});

test('an idle worker serves a local request at once, in last place too', () => {
  const { scheduler } = setup(1, () => 'last');
  expect(waiting(scheduler, 'chat-1').answers).toMatchObject([{ is: 'leased' }]);
  const other = setup(1, () => 'last');
  take(other.scheduler, 'job-1')[Symbol.dispose]();
  other.clock.advance(1_000);
  expect(waiting(other.scheduler, 'chat-2').answers).toMatchObject([{ is: 'leased' }]);
});

test('a request that comes meanwhile waits for its end', () => {
  const { scheduler, clock, left } = setup(1, () => 'last');
  take(scheduler, 'job-1')[Symbol.dispose]();
  clock.advance(400);
  const { answers } = waiting(scheduler, 'chat-1');
  expect([answers, left.times]).toEqual([[], 1]);
  clock.advance(600);
  expect(answers).toMatchObject([{ is: 'leased' }]);
});

test('an offer that waits for the slot goes before a request in last place', () => {
  const { scheduler } = setup(1, () => 'last');
  const job = take(scheduler, 'job-1');
  const local = waiting(scheduler, 'chat-1');
  const studio = waiting(scheduler, 'job-2', { origin: 'studio' });
  job[Symbol.dispose]();
  expect([local.answers, studio.answers]).toMatchObject([[], [{ is: 'leased', purpose: 'job-2' }]]);
});

/** Time that passes while it is read, and timers that fire a little early, as those of the runtime do. */
class RunningClock extends FakeClock {
  readonly #earlyMs: number;
  #reads = 0;

  constructor(earlyMs: number) {
    super();
    this.#earlyMs = earlyMs;
  }

  override elapsed(): number {
    return super.elapsed() + 0.01 * ++this.#reads;
  }

  override after(ms: number, call: () => void): () => void {
    return super.after(ms - this.#earlyMs, call);
  }
}

test('of two whose moment ends while it is looked at, the first is served', () => {
  for (let earlyMs = 0; earlyMs < 0.1; earlyMs += 0.001) {
    const clock = new RunningClock(earlyMs);
    const scheduler = createScheduler({ clock, localPriority: () => 'last' });
    const job = take(scheduler, 'job-1');
    const served: string[] = [];
    for (const purpose of ['chat-1', 'chat-2']) {
      const onAnswer = (answer: Lease | SlotRefusal) => void (answer.is === 'leased' && served.push(answer.purpose));
      scheduler.waitFor({ origin: 'local', purpose }, { maxWaitMs: 10_000, onAnswer });
    }
    job[Symbol.dispose]();
    clock.advance(1_005);
    expect(served).toEqual(['chat-1']);
  }
});
