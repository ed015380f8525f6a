import { expect, test } from 'bun:test';
import fc from 'fast-check';
import * as v from 'valibot';
import { advertise, CapabilitiesSchema } from '../../../src/contract/capabilities.ts';
import { writeJson } from '../../../src/contract/json.ts';
import { TASK_KIND_IDS } from '../../../src/contract/tasks/index.ts';
import { type Fixtures, loadFrames } from '../../fixtures/frames/load.ts';

const HELLOS = loadFrames('worker-says') as Fixtures<{ frame: { capabilities: Record<string, unknown> } }>;
const LEAST = HELLOS[0]?.frame.capabilities ?? {};
const FULL = HELLOS[1]?.frame.capabilities ?? {};

test('full capabilities are written in the order they were read', () => {
  expect(writeJson(v.parse(CapabilitiesSchema, FULL))).toBe(writeJson(FULL));
});

test('the keys stand in the order of the wire', () => {
  const reversed = Object.fromEntries(Object.entries(FULL).toReversed());
  expect(Object.keys(v.parse(CapabilitiesSchema, reversed)).join(' ')).toBe(
    'machineName username agentVersion engine vramTotalGb vramThresholdGb autoEnabled autoStart autoUpdate ' +
      'startMinimised onlyWhenIdle userPresence supportedModels taskKinds supportedModelsPerKind modelEngines',
  );
});

test('an older worker without kinds or engines is read as one that has none', () => {
  expect(v.parse(CapabilitiesSchema, LEAST)).toMatchObject({
    taskKinds: [],
    supportedModelsPerKind: {},
    modelEngines: [],
  });
});

test('every fact an older worker sends is needed', () => {
  for (const field of Object.keys(LEAST)) {
    const { [field]: _left, ...rest } = LEAST;
    expect([field, v.safeParse(CapabilitiesSchema, rest).success]).toEqual([field, false]);
  }
});

test('an unknown presence is invalid, a missing one is not', () => {
  expect(v.safeParse(CapabilitiesSchema, { ...LEAST, userPresence: 'away' }).success).toBe(false);
  expect(v.safeParse(CapabilitiesSchema, { ...LEAST, userPresence: null }).success).toBe(true);
});

test('engines are advertised sorted overall, in their own order per kind', () => {
  const synthetic = { image: ['synthetic', 'synthetic-image'], llm: ['synthetic', 'synthetic-llm'] };
  const onnx = { image: ['onnx:*'] };

  expect(advertise([onnx, synthetic])).toEqual({
    supportedModels: ['onnx:*', 'synthetic', 'synthetic-image', 'synthetic-llm'],
    taskKinds: ['image', 'llm'],
    supportedModelsPerKind: { image: ['onnx:*', 'synthetic', 'synthetic-image'], llm: ['synthetic', 'synthetic-llm'] },
  });
});

test('a kind that nobody serves is not advertised', () => {
  expect(advertise([{ video: [] }, {}])).toEqual({ supportedModels: [], taskKinds: [], supportedModelsPerKind: {} });
});

test('whatever engines offer, lists are unique and kinds in wire order', () => {
  const engine = fc.dictionary(fc.constantFrom(...TASK_KIND_IDS), fc.array(fc.string()));
  fc.assert(
    fc.property(fc.array(engine), (engines) => {
      const { supportedModels, taskKinds, supportedModelsPerKind } = advertise(engines);
      expect(supportedModels).toEqual([...new Set(supportedModels)].toSorted());
      expect(Object.keys(supportedModelsPerKind)).toEqual(taskKinds);
      expect(taskKinds).toEqual(TASK_KIND_IDS.filter((kind) => taskKinds.includes(kind)));
      expect(new Set(Object.values(supportedModelsPerKind).flat())).toEqual(new Set(supportedModels));
    }),
  );
});
