import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { toModelId } from '../../../../src/base/ids.ts';
import { MINUTE_MS } from '../../../../src/base/units.ts';
import { createQuarantine } from '../../../../src/engines/host/quarantine.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';

const lama = toModelId('lama');

function setup() {
  const clock = new FakeClock();
  const quarantine = createQuarantine(clock);
  const crash = (): boolean => quarantine.crashed('onnx', lama);
  const remaining = (): number => quarantine.remainingMs('onnx', lama);
  return { clock, quarantine, crash, remaining };
}

test('two crashes are forgiven and the third within ten minutes is not', () => {
  const { clock, crash, remaining } = setup();
  expect([crash(), crash()]).toEqual([false, false]);
  expect(remaining()).toBe(0);
  clock.advance(10 * MINUTE_MS - 1);
  expect(crash()).toBe(true);
  expect(remaining()).toBe(30 * MINUTE_MS);
});

test('crashes that are further apart never add up', () => {
  const { clock, crash, remaining } = setup();
  for (let time = 0; time < 20; time++) {
    expect(crash()).toBe(false);
    clock.advance(5 * MINUTE_MS);
  }
  expect(remaining()).toBe(0);
});

test('after half an hour the model is welcome again, and judged again', () => {
  const { clock, crash, remaining } = setup();
  for (let time = 0; time < 3; time++) crash();
  clock.advance(30 * MINUTE_MS);
  expect(remaining()).toBe(0);
  expect([crash(), crash(), crash()]).toEqual([false, false, true]);
});

test('the quarantine of one model says nothing about another model or engine', () => {
  const { quarantine, crash } = setup();
  for (let time = 0; time < 3; time++) crash();
  expect(quarantine.remainingMs('onnx', toModelId('other'))).toBe(0);
  expect(quarantine.remainingMs('llama-cpp', lama)).toBe(0);
});

test('a quarantine is announced once and lasts half an hour at most', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(15 * MINUTE_MS)), (pauses) => {
      const { clock, crash, remaining } = setup();
      for (const pauseMs of pauses) {
        const before = remaining();
        const announced = crash();
        expect(announced).toBe(before === 0 && remaining() > 0);
        expect(remaining()).toBeLessThanOrEqual(30 * MINUTE_MS);
        clock.advance(pauseMs);
      }
    }),
  );
});
