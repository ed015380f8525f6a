import { expect, test } from 'bun:test';
import fc from 'fast-check';
import * as v from 'valibot';
import { CapabilitiesSchema, canTake, enginesOf } from '../../../../src/contract/capabilities.ts';
import { engineOf, suits, vramClass } from '../../../../src/local-studio/queue/suitability.ts';
import { someCapabilities } from '../../../fakes/builders.ts';

const able = (about: Readonly<Record<string, unknown>> = {}) =>
  v.parse(CapabilitiesSchema, { ...someCapabilities(), ...about });

test('a job suits a worker up to its threshold and not beyond', () => {
  const capabilities = able({ taskKinds: ['llm'], vramThresholdGb: 12 });
  expect(suits(capabilities, { kind: 'llm', vramGb: 12 })).toBe(true);
  expect(suits(capabilities, { kind: 'llm', vramGb: 12.01 })).toBe(false);
  expect(suits(capabilities, { kind: 'image', vramGb: 1 })).toBe(false);
});

test('a worker can take a job of its kinds, its engines and its size', () => {
  const worker = able({ taskKinds: ['llm'], modelEngines: ['llama-cpp'], vramThresholdGb: 12 });
  const job = { kind: 'llm', engine: 'llama-cpp', vramGb: 12 } as const;
  expect(canTake(worker, job)).toBe(true);
  expect(canTake(worker, { ...job, kind: 'image' })).toBe(false);
  expect(canTake(worker, { ...job, engine: 'sd-cpp' })).toBe(false);
  expect(canTake(worker, { ...job, vramGb: 12.5 })).toBe(false);
});

test('a worker’s engines are those it names, extensions included', () => {
  expect(enginesOf(v.parse(CapabilitiesSchema, { ...someCapabilities(), modelEngines: undefined }))).toEqual([]);
  expect(enginesOf(able({ modelEngines: ['onnx'], extensionEngines: ['piper'] }))).toEqual(['onnx', 'piper']);
});

test('a class of memory holds what fits in it and keeps the order', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 4_000, noNaN: true }),
      fc.double({ min: 0, max: 4_000, noNaN: true }),
      (a, b) => {
        expect(vramClass(a)).toBeGreaterThanOrEqual(a);
        expect(vramClass(Math.min(a, b))).toBeLessThanOrEqual(vramClass(Math.max(a, b)));
      },
    ),
  );
});

test.each([
  ['{"engine":"onnx","files":[]}', 'onnx'],
  ['{"engine":7}', ''],
  ['[]', ''],
  ['', ''],
])('a stored model source %j has the engine %j', (source, engine) => {
  expect(engineOf(source)).toBe(engine);
});
