import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import * as v from 'valibot';
import { toJobId } from '../../../src/base/ids.ts';
import type { JsonValue } from '../../../src/base/json.ts';
import { type Capabilities, MODEL_ENGINES } from '../../../src/contract/capabilities.ts';
import {
  accept,
  completeJson,
  fail,
  heartbeat,
  hello,
  logBatch,
  type OutboundFrame,
  OutboundFrameSchema,
  reject,
} from '../../../src/contract/frames/outbound.ts';
import { parseJson, writeJson } from '../../../src/contract/json.ts';
import { describeIssues } from '../../../src/contract/read.ts';
import { TASK_KIND_IDS } from '../../../src/contract/tasks/index.ts';
import { insufficientMemory, REJECTIONS } from '../../../src/contract/rejections.ts';
import { type Fixtures, loadFrames } from '../../fixtures/frames/load.ts';

const SAID = loadFrames('worker-says') as Fixtures<{ readonly sent: boolean }>;
const REFUSED = loadFrames('worker-refused') as Fixtures<{ readonly problem: string }>;

/** The same frame through the constructors that the worker uses. */
function remade(frame: OutboundFrame): OutboundFrame {
  switch (frame.type) {
    case 'hello':
      return hello(frame.authToken, frame.capabilities);
    case 'heartbeat':
      return heartbeat(frame.capabilities, frame.currentJobIds ?? (frame.currentJobId ? [frame.currentJobId] : []));
    case 'accept':
      return accept(frame.jobId);
    case 'reject':
      return reject(frame.jobId, { code: frame.code, reason: frame.reason });
    case 'completeJson':
      return completeJson(frame.jobId, frame.result, frame.prompt);
    case 'fail':
      return fail(frame.jobId, frame.error, frame.retryable);
    case 'logBatch':
      return logBatch(frame.entries);
    default:
      return frame satisfies never;
  }
}

const readBack = (text: string): unknown => v.parse(OutboundFrameSchema, parseJson(text));

describe('what a worker says', () => {
  for (const { what, frame, sent } of SAID) {
    test(what, () => {
      expect(v.safeParse(OutboundFrameSchema, frame).success).toBe(true);
      if (sent) expect(writeJson(remade(frame as OutboundFrame))).toBe(writeJson(frame));
    });
  }
});

describe('what a studio refuses', () => {
  for (const { what, frame, problem } of REFUSED) {
    test(what, () => {
      const parsed = v.safeParse(OutboundFrameSchema, frame);
      expect(describeIssues(parsed.issues ?? [])).toStartWith(problem);
    });
  }
});

test('a null job in a heartbeat reads as absent', () => {
  const busy = SAID.find(({ what }) => what.includes('null job'))?.frame;
  expect(v.parse(OutboundFrameSchema, busy)).toMatchObject({ type: 'heartbeat', currentJobId: undefined });
});

test('an older rejection stays without a code when written again', () => {
  const text = '{"type":"reject","jobId":"job-1","reason":"model unloaded"}';
  expect(writeJson(readBack(text))).toBe(text);
});

test('a null result of a task is a result', () => {
  const text = writeJson(completeJson(toJobId('job-1'), null, ''));
  expect(text).toBe('{"type":"completeJson","jobId":"job-1","result":null,"prompt":""}');
  expect(readBack(text)).toMatchObject({ result: null });
});

test('the rejections we send carry the texts the studio matches', () => {
  const rejections: readonly unknown[] = SAID.flatMap(({ frame, sent }) => {
    const { type, reason, code } = frame as { type: string; reason: string; code: string };
    return sent && type === 'reject' ? [{ reason, code }] : [];
  });
  const memory = insufficientMemory({ of: 'device', needGb: 21, freeGb: 16.39, reserveGb: 1 });
  const { paused, busy, updating, inUse } = REJECTIONS;
  expect(rejections).toEqual([paused, busy, memory, updating, inUse]);
});

const jobId = fc.string().map(toJobId);
const capabilities: fc.Arbitrary<Capabilities> = fc.record(
  {
    machineName: fc.string(),
    username: fc.string(),
    agentVersion: fc.string(),
    engine: fc.string(),
    vramTotalGb: fc.nat(),
    vramThresholdGb: fc.double({ min: 0, max: 1e6, noNaN: true }),
    autoEnabled: fc.boolean(),
    autoStart: fc.boolean(),
    autoUpdate: fc.boolean(),
    startMinimised: fc.boolean(),
    onlyWhenIdle: fc.boolean(),
    userPresence: fc.constantFrom('idle' as const, 'active' as const),
    supportedModels: fc.array(fc.string()),
    taskKinds: fc.subarray([...TASK_KIND_IDS]),
    supportedModelsPerKind: fc.dictionary(fc.constantFrom(...TASK_KIND_IDS), fc.array(fc.string())),
    modelEngines: fc.subarray([...MODEL_ENGINES]),
  },
  {
    requiredKeys: [
      'machineName',
      'username',
      'agentVersion',
      'engine',
      'vramTotalGb',
      'vramThresholdGb',
      'autoEnabled',
      'autoStart',
      'supportedModels',
      'taskKinds',
      'supportedModelsPerKind',
      'modelEngines',
    ],
  },
);
const entry = fc.record(
  {
    ts: fc.string(),
    level: fc.constantFrom('info' as const, 'warn' as const, 'error' as const),
    category: fc.string(),
    message: fc.string(),
    jobId: fc.string(),
  },
  { requiredKeys: ['ts', 'level', 'category', 'message'] },
);
const someFrame: fc.Arbitrary<OutboundFrame> = fc.oneof(
  fc.tuple(fc.string(), capabilities).map(([token, known]) => hello(token, known)),
  fc.tuple(capabilities, fc.array(jobId)).map(([known, ids]) => heartbeat(known, ids)),
  jobId.map(accept),
  fc.tuple(jobId, fc.constantFrom(...Object.values(REJECTIONS))).map(([id, because]) => reject(id, because)),
  fc
    .tuple(jobId, fc.jsonValue(), fc.string())
    .map(([id, result, prompt]) => completeJson(id, result as JsonValue, prompt)),
  fc.tuple(jobId, fc.string(), fc.boolean()).map(([id, error, retryable]) => fail(id, error, retryable)),
  fc.array(entry).map(logBatch),
);

test('whatever we send, the studio reads the same and in the same order', () => {
  fc.assert(
    fc.property(someFrame, (frame) => {
      const text = writeJson(frame);
      expect(writeJson(readBack(text))).toBe(text);
    }),
  );
});

test('no frame of ours carries a null or undefined field', () => {
  fc.assert(
    fc.property(someFrame, (frame) => {
      const { result: _result, ...fields } = { result: undefined, ...frame };
      const capabilityFields = 'capabilities' in frame ? Object.values(frame.capabilities) : [];
      const present = [...Object.values(fields), ...capabilityFields];
      expect(present.filter((value) => value === null || value === undefined)).toEqual([]);
    }),
  );
});

test('what is explained to a studio stays within two thousand characters', () => {
  const long = `because of ${'x'.repeat(5_000)}`;
  const cut = `${long.slice(0, 1_999)}…`;
  expect(fail(toJobId('j'), long, true)).toMatchObject({ error: cut });
  expect(fail(toJobId('j'), 'x'.repeat(2_000), true)).toMatchObject({ error: 'x'.repeat(2_000) });
  expect(reject(toJobId('j'), { code: 'busy', reason: long }, long)).toMatchObject({ reason: cut, detail: cut });
});
