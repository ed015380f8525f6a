import { expect, test } from 'bun:test';
import type { WorkerEvent } from '../../../../src/worker/events.ts';
import { watchStart } from '../../../../src/worker/process/survival.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { FakeClock, settle } from '../../../fakes/system/fake-clock.ts';

/** A start that is watched, and the worker that follows it. */
function setup(save: () => Promise<unknown> = () => Promise.resolve()) {
  const clock = new FakeClock();
  const log = recordingLogger();
  let saved = 0;
  let emit = (_event: WorkerEvent): void => {};
  const survival = watchStart({
    save() {
      saved += 1;
      return save();
    },
    clock,
    log,
  });
  survival.follow({
    subscribe(call) {
      emit = (event) => void call(event);
      return { [Symbol.dispose]: () => {} };
    },
  });
  return { survival, clock, log, emit: (event: WorkerEvent) => emit(event), saved: () => saved };
}

test('a start survives with its first session, and only once', async () => {
  const { emit, saved, survival } = setup();
  emit({ is: 'session', status: { at: 'connecting' } });
  expect(saved()).toBe(0);
  emit({ is: 'session', status: { at: 'live' } });
  emit({ is: 'session', status: { at: 'live' } });
  await survival.survived();
  expect(saved()).toBe(1);
});

test('a start survives when it asks to be registered', () => {
  const { emit, saved } = setup();
  emit({ is: 'registration', status: { at: 'pending', requestId: 'r', since: 0 } });
  expect(saved()).toBe(1);
});

test('a start survives a minute, whatever its studio says', () => {
  const { clock, saved } = setup();
  clock.advance(59_999);
  expect(saved()).toBe(0);
  clock.advance(1);
  expect(saved()).toBe(1);
});

test('a survival that cannot be saved is logged and stops nothing', async () => {
  const { survival, log } = setup(() => Promise.reject(new Error('the disk is full')));
  await survival.survived();
  expect(log.find('update-state.not-saved')?.fields).toEqual({ error: 'the disk is full' });
});

test('a start that is over is watched no more', async () => {
  const { survival, clock } = setup();
  survival[Symbol.dispose]();
  await settle();
  expect(clock.armed).toBe(0);
});
