import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { type StopEvent, type StopState, stopStep } from '../../../src/worker/stop-machine.ts';

const SIGNAL: StopEvent = { type: 'signal' };
const GRACE_OVER: StopEvent = { type: 'grace-over' };
const IDLE: StopEvent = { type: 'idle' };
const LEFT: StopEvent = { type: 'left' };

function after(...events: StopEvent[]): { at: StopState['at']; did: string[] } {
  let state: StopState = { at: 'working' };
  const did: string[] = [];
  for (const event of events) {
    const next = stopStep(state, event);
    state = next.state;
    did.push(...next.effects.map((effect) => effect.do));
  }
  return { at: state.at, did };
}

test('the first signal lets the running job finish within the grace', () => {
  expect(after(SIGNAL)).toEqual({ at: 'finishing', did: ['arm-grace'] });
});

test('a finished job ends the worker without cancelling anything', () => {
  expect(after(SIGNAL, IDLE, LEFT)).toEqual({ at: 'gone', did: ['arm-grace', 'disarm-grace', 'leave', 'exit'] });
});

test('the second signal hands the job back', () => {
  expect(after(SIGNAL, SIGNAL)).toEqual({ at: 'handing-back', did: ['arm-grace', 'disarm-grace', 'cancel-jobs'] });
});

test('a grace that runs out hands the job back as well', () => {
  expect(after(SIGNAL, GRACE_OVER).at).toBe('handing-back');
});

test('the third signal exits at once, whatever still hangs', () => {
  expect(stopStep({ at: 'handing-back' }, SIGNAL).effects).toEqual([{ do: 'exit', code: 130 }]);
  expect(stopStep({ at: 'leaving' }, SIGNAL).effects).toEqual([{ do: 'exit', code: 130 }]);
});

test('being idle means nothing to a worker that was not asked to stop', () => {
  expect(after(IDLE, GRACE_OVER, LEFT)).toEqual({ at: 'working', did: [] });
});

test('three signals end the worker from any walk, and it exits exactly once', () => {
  const anyEvent = fc.constantFrom(SIGNAL, GRACE_OVER, IDLE, LEFT);
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 12 }), (events) => {
      const { at, did } = after(...events, SIGNAL, SIGNAL, SIGNAL);
      expect(at).toBe('gone');
      expect(did.filter((effect) => effect === 'exit')).toHaveLength(1);
    }),
  );
});
