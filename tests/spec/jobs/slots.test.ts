import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { gpuId } from '../../../src/base/gpu-device.ts';
import { createScheduler } from '../../../src/jobs/scheduler.ts';
import { CPU_SLOT, deviceOf, type JobSlot, type SlotPreference } from '../../../src/jobs/slots/job-slot.ts';
import type { Lease, SlotRefusal } from '../../../src/jobs/slots/lease.ts';
import type { LocalPriority, Origin } from '../../../src/jobs/turn-order.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';

/** A slot of the GPU that the driver lists at this place. */
const gpuSlot = (index: number): JobSlot => {
  const device = { vendor: 'nvidia', name: 'RTX 4090', uuid: `GPU-${index}`, index } as const;
  return { kind: 'gpu', id: gpuId(device), device, isOneOfSeveral: true };
};

const GPU: SlotPreference = { needs: 'gpu' };
const CPU: SlotPreference = { needs: 'cpu' };

/** A machine with so many GPUs, and one slot beside them. */
function setup(gpus: number, localPriority: LocalPriority = 'first') {
  const clock = new FakeClock();
  const machine = { slots: [...Array.from({ length: gpus }, (_, index) => gpuSlot(index)), CPU_SLOT] };
  const scheduler = createScheduler({ clock, slots: () => machine.slots, localPriority: () => localPriority });
  const take = (purpose: string, wish = GPU, origin: Origin = 'local') => scheduler.reserve({ origin, purpose, wish });
  const idOf = (answer: Lease | SlotRefusal): string => (answer.is === 'leased' ? answer.slot.id : answer.because);
  /** Waits for a slot; `slot` is the one it has by now. */
  const wait = (purpose: string, wish = GPU, origin: Origin = 'local') => {
    const answers: (Lease | SlotRefusal)[] = [];
    const onAnswer = (answer: Lease | SlotRefusal): void => void answers.push(answer);
    scheduler.waitFor({ origin, purpose, wish }, { maxWaitMs: 600_000, onAnswer });
    return {
      get slot() {
        return answers[0] && idOf(answers[0]);
      },
    };
  };
  const free = (purpose: string): void => scheduler.held.find((lease) => lease.purpose === purpose)?.[Symbol.dispose]();
  return { clock, machine, scheduler, take, idOf, wait, free };
}

test('requests of this machine have a GPU each, and the next one waits', () => {
  const { take, idOf, wait, free } = setup(4);
  expect([1, 2, 3, 4].map((at) => idOf(take(`chat-${at}`)))).toEqual(['GPU-0', 'GPU-1', 'GPU-2', 'GPU-3']);
  const fifth = wait('chat-5');
  expect(fifth.slot).toBeUndefined();
  free('chat-3');
  expect(fifth.slot).toBe('GPU-2');
});

test('what needs no GPU runs beside a GPU job, one at a time', () => {
  const { take, idOf } = setup(1);
  expect(idOf(take('chat-1'))).toBe('GPU-0');
  expect(idOf(take('speech-1', CPU))).toBe('cpu');
  expect(take('speech-2', CPU)).toMatchObject({ because: 'busy', holders: [{ purpose: 'speech-1' }] });
});

test('without a GPU there is one slot for everything', () => {
  const { take, idOf } = setup(0);
  expect(idOf(take('chat-1'))).toBe('cpu');
  expect(take('speech-1', CPU)).toMatchObject({ is: 'refused', holders: [{ purpose: 'chat-1' }] });
});

test('a GPU job that began before the GPUs were known keeps theirs from others', () => {
  const { machine, take, idOf, wait, free } = setup(0);
  expect(idOf(take('chat-1'))).toBe('cpu');
  machine.slots = [gpuSlot(0), gpuSlot(1), CPU_SLOT];
  const second = wait('chat-2');
  expect(second.slot).toBeUndefined();
  free('chat-1');
  expect(second.slot).toBe('GPU-0');
});

test('a studio has one job in flight, and more once it says so', () => {
  const { scheduler, take, idOf } = setup(4);
  expect(idOf(take('job-1', GPU, 'studio'))).toBe('GPU-0');
  expect(take('job-2', CPU, 'studio')).toMatchObject({ because: 'busy', holders: [{ purpose: 'job-1' }] });
  scheduler.setMax('studio', 2);
  expect(idOf(take('job-2', GPU, 'studio'))).toBe('GPU-1');
  scheduler.setMax('studio', 1);
  expect(scheduler.held.length).toBe(2);
  expect(idOf(take('job-3', GPU, 'studio'))).toBe('busy');
  expect(idOf(take('chat-1'))).toBe('GPU-2');
});

test('who waits for one GPU leaves the rest and is not overtaken', () => {
  const { take, idOf, wait, free } = setup(2);
  const onlyFirst: SlotPreference = {
    needs: 'gpu',
    choose: ({ free: slots }) => slots.find(({ id }) => id === 'GPU-0'),
  };
  take('chat-1');
  const picky = wait('chat-2', onlyFirst);
  expect(idOf(take('chat-3'))).toBe('GPU-1');
  const later = wait('chat-4');
  free('chat-1');
  expect([picky.slot, later.slot]).toEqual(['GPU-0', undefined]);
});

test('those who wait are asked again once they may choose otherwise', () => {
  const { scheduler, wait, take } = setup(2);
  const mind = { isMadeUp: false };
  take('chat-1');
  const choosy = wait('chat-2', { needs: 'gpu', choose: ({ free }) => (mind.isMadeUp ? free[0] : undefined) });
  expect(choosy.slot).toBeUndefined();
  mind.isMadeUp = true;
  scheduler.reconsider();
  expect(choosy.slot).toBe('GPU-1');
});

test('asking for a free slot gives it to nobody who waits', () => {
  const { scheduler, wait, take, idOf } = setup(2);
  const mind = { isMadeUp: false };
  take('chat-1');
  const choosy = wait('chat-2', { needs: 'gpu', choose: ({ free }) => (mind.isMadeUp ? free[0] : undefined) });
  expect(scheduler.refusal({ origin: 'studio' })).toBeUndefined();
  mind.isMadeUp = true;
  expect(scheduler.refusal({ origin: 'studio' })).toMatchObject({ because: 'busy' });
  expect(choosy.slot).toBeUndefined();
  expect(idOf(take('job-1', GPU, 'studio'))).toBe('busy'); // which is no question
  expect(choosy.slot).toBe('GPU-1');
});

test('a slot is free soon only just after its job is made', () => {
  const { clock, take, free } = setup(2);
  const seen: boolean[] = [];
  const looking: SlotPreference = {
    needs: 'gpu',
    choose({ free: slots, held }) {
      seen.push(held[0]?.isFreeSoon === true);
      return slots[0];
    },
  };
  const job = take('job-1', GPU, 'studio');
  const look = (): void => {
    take('chat-1', looking);
    free('chat-1');
  };
  look();
  if (job.is === 'leased') job.phase = 'delivering';
  clock.advance(900);
  look();
  if (job.is === 'leased') job.phase = 'delivering';
  clock.advance(100);
  look();
  expect(seen).toEqual([false, true, false]);
});

test('maintenance waits until no slot of any kind is held', () => {
  const { take, wait, free, idOf } = setup(2);
  take('chat-1');
  take('speech-1', CPU);
  const update = wait('update 0.6.1', GPU, 'maintenance');
  expect(idOf(take('chat-2'))).toBe('maintenance');
  free('chat-1');
  expect(update.slot).toBeUndefined();
  free('speech-1');
  expect(update.slot).toBe('cpu');
  expect(idOf(take('chat-3'))).toBe('maintenance');
});

test('a request in last place leaves no slot where the studio has another', () => {
  const { take, wait, free, scheduler } = setup(2, 'last');
  scheduler.setMax('studio', 2);
  take('job-1', GPU, 'studio');
  free('job-1');
  expect(wait('chat-1').slot).toBe('GPU-0');
  free('chat-1');
  take('job-2', GPU, 'studio');
  take('job-3', GPU, 'studio');
  free('job-2');
  const leftIt = wait('chat-2');
  expect(leftIt.slot).toBeUndefined();
  scheduler.setMax('studio', 1);
  expect(leftIt.slot).toBe('GPU-0');
});

test('engines are kept on a GPU only where there is another', () => {
  const slot = gpuSlot(3);
  expect(deviceOf(slot)).toMatchObject({ uuid: 'GPU-3', index: 3 });
  expect(deviceOf({ ...slot, isOneOfSeveral: false } as JobSlot)).toBeUndefined();
  expect(deviceOf(CPU_SLOT)).toBeUndefined();
});

test('no slot is ever held twice, and everybody who waits has a turn', () => {
  const step = fc.record({
    act: fc.constantFrom('wait', 'wait', 'free', 'deliver', 'tick', 'max'),
    origin: fc.constantFrom<Origin>('studio', 'local', 'local', 'maintenance'),
    needs: fc.constantFrom<JobSlot['kind']>('gpu', 'cpu'),
    at: fc.nat({ max: 5 }),
  });
  const priority = fc.constantFrom<LocalPriority>('first', 'fair', 'last');
  fc.assert(
    fc.property(fc.nat({ max: 4 }), priority, fc.array(step, { maxLength: 60 }), (gpus, localPriority, steps) => {
      const { clock, scheduler, wait } = setup(gpus, localPriority);
      const waits: ReturnType<typeof wait>[] = [];
      const check = (): void => {
        const ids = scheduler.held.map(({ slot }) => slot.id);
        expect(new Set(ids).size).toBe(ids.length);
        const isMaintained = scheduler.held.some(({ origin }) => origin === 'maintenance');
        if (isMaintained) expect(ids.length).toBe(1);
      };
      for (const { act, origin, needs, at } of steps) {
        const lease = scheduler.held[at % Math.max(1, scheduler.held.length)];
        // As a placement may: a favourite GPU, waited for while it is held.
        const choose: SlotPreference['choose'] = ({ free, held }) =>
          held.some(({ slot }) => slot.id === `GPU-${at}`)
            ? undefined
            : (free.find(({ id }) => id === `GPU-${at}`) ?? free[0]);
        if (act === 'wait') waits.push(wait('it', { needs, choose }, origin));
        if (act === 'free') lease?.[Symbol.dispose]();
        if (act === 'deliver' && lease !== undefined) lease.phase = 'delivering';
        if (act === 'tick') clock.advance(400);
        if (act === 'max') scheduler.setMax('studio', 1 + at);
        check();
      }
      for (let round = 0; round < 2 * steps.length + 2; round++) {
        scheduler.held[0]?.[Symbol.dispose]();
        clock.advance(1_000);
        check();
      }
      expect(waits.filter(({ slot }) => slot === undefined)).toEqual([]);
      expect(scheduler.held).toEqual([]);
    }),
  );
});
