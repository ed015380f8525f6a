import { expect, test } from 'bun:test';
import fc from 'fast-check';
import * as v from 'valibot';
import { CapabilitiesSchema, canTake, enginesOf } from '../../../src/contract/capabilities.ts';
import {
  afterBeat,
  afterEnd,
  afterFailure,
  afterNotNow,
  afterUnnamedBeat,
  type OfferCandidate,
  defer,
  type Deferred,
  emptiestFirst,
  isAvailable,
  passedOver,
  rejectedFor,
  suits,
  vramClass,
} from '../../../src/local-studio/queue.ts';
import { runningJobs, someCapabilities } from '../../fakes/builders.ts';

const able = (about: Readonly<Record<string, unknown>> = {}) =>
  v.parse(CapabilitiesSchema, { ...someCapabilities(), ...about });
const candidate = (about: Partial<OfferCandidate> = {}): OfferCandidate => ({
  offer: { at: 'none' },
  running: new Map(),
  maxJobs: 1,
  noSlotUntil: new Map(),
  capabilities: able(),
  readiness: 'ready',
  ...about,
});

test('an idle worker that takes jobs can be asked', () => {
  expect(isAvailable(candidate())).toBe(true);
});

test.each([
  ['is asked already', { offer: { at: 'offered', jobId: 'job-1', seq: 1 } }],
  ['has a job already', { running: runningJobs('job-1') }],
  ['has as many jobs as it takes', { running: runningJobs('job-1', 'job-2'), maxJobs: 2 }],
  ['was busy a moment ago', { readiness: 'cooling' }],
  ['may still be at work on an earlier job', { readiness: 'greeted' }],
  ['has no session any more', { readiness: 'gone' }],
  ['is paused', { capabilities: able({ autoEnabled: false }) }],
  ['waits for its person to leave', { capabilities: able({ onlyWhenIdle: true, userPresence: 'active' }) }],
  ['does not know whether its person is there', { capabilities: able({ onlyWhenIdle: true }) }],
] as const)('a worker that %s is not asked', (_why, about) => {
  expect(isAvailable(candidate(about))).toBe(false);
});

test('a worker with space for another job can be asked while it runs one', () => {
  expect(isAvailable(candidate({ running: runningJobs('job-1'), maxJobs: 2 }))).toBe(true);
});

test('workers come emptiest first, and those that are full not at all', () => {
  const worker = (jobs: number, maxJobs: number) => ({
    running: runningJobs(...Array.from({ length: jobs }, (_, at) => `job-${at}`)),
    maxJobs,
  });
  const workers = new Map([
    ['three of four', worker(3, 4)],
    ['full', worker(1, 1)],
    ['one of two', worker(1, 2)],
    ['idle', worker(0, 1)],
    ['one of four', worker(1, 4)],
    ['more than it takes', worker(3, 2)],
  ]);
  const named = [...emptiestFirst(workers)].map((found) => [...workers].find(([, each]) => each === found)?.[0]);
  expect(named).toEqual(['idle', 'one of two', 'one of four', 'three of four']);
});

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

test('a rejection is transient by its code, or else by its text', () => {
  expect(rejectedFor({ code: 'busy', reason: '' })).not.toBe('job');
  expect(rejectedFor({ code: undefined, reason: 'worker paused by operator' })).not.toBe('job');
  expect(rejectedFor({ code: undefined, reason: 'no such model' })).toBe('job');
});

test.each([
  ['busy', 'worker is installing an update'],
  ['busy', 'worker already has an in-flight job'],
  ['paused', 'worker paused by operator'],
  ['paused', 'only when idle: the person is using this computer'],
  ['paused', 'only when idle: whether a person is using this computer is not known'],
  ['insufficient_memory', 'insufficient device memory: needs 21.00 GiB, 16.39 GiB free (1.00 GiB kept in reserve)'],
  ['insufficient_memory', 'insufficient host memory: needs 13.85 GiB, 17.00 GiB available (4.00 GiB kept in reserve)'],
])('a rejection of code %s is for now: %s', (code, reason) => {
  expect(rejectedFor({ code, reason: '' })).not.toBe('job');
  expect(rejectedFor({ code: undefined, reason })).not.toBe('job');
});

test('a worker’s engines are those it names, extensions included', () => {
  expect(enginesOf(v.parse(CapabilitiesSchema, { ...someCapabilities(), modelEngines: undefined }))).toEqual([]);
  expect(enginesOf(able({ modelEngines: ['onnx'], extensionEngines: ['piper'] }))).toEqual(['onnx', 'piper']);
});

test('a job is failed after its last attempt, or when trying again is pointless', () => {
  expect(afterFailure({ attempts: 2, maxAttempts: 3 }, true)).toBe('queued');
  expect(afterFailure({ attempts: 3, maxAttempts: 3 }, true)).toBe('failed');
  expect(afterFailure({ attempts: 1, maxAttempts: 3 }, false)).toBe('failed');
});

test('one heartbeat without the job may have crossed its accept, two free the worker', () => {
  const running = { jobId: 'job-1', revoked: false, unnamed: 0 };
  const once = afterUnnamedBeat(running);
  expect(once).toEqual({ ...running, unnamed: 1 });
  expect(afterUnnamedBeat({ ...running, unnamed: 1 })).toBeUndefined();
  expect(afterUnnamedBeat({ ...running, revoked: true })).toBeUndefined();
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

test('a job is passed over after the second "not now", for ten minutes', () => {
  const deferred: Deferred = new Map();
  defer(deferred, 7, 0);
  expect(passedOver(deferred, 1)).toEqual([]);
  defer(deferred, 7, 1);
  expect(passedOver(deferred, 600_000)).toEqual([7]);
  expect(passedOver(deferred, 600_001)).toEqual([]);
  defer(deferred, 7, 600_002);
  expect(passedOver(deferred, 600_003)).toEqual([]);
});

test('no more jobs are passed over than a look-up can skip', () => {
  const deferred: Deferred = new Map();
  for (let seq = 0; seq < 100; seq++) for (const now of [1, 2]) defer(deferred, seq, now);
  expect(passedOver(deferred, 3)).toEqual(Array.from({ length: 40 }, (_, seq) => seq));
});

test('a worker is ready from its first heartbeat on', () => {
  expect([afterBeat('greeted', true), afterBeat('greeted', false)]).toEqual(['ready', 'ready']);
});

test('a worker that said "not now" is asked after a heartbeat with space', () => {
  expect(afterNotNow('ready')).toBe('cooling');
  expect([afterBeat('cooling', false), afterBeat('cooling', true)]).toEqual(['cooling', 'ready']);
});

test('an ended job makes only a worker ready that said "not now"', () => {
  const after = (['greeted', 'ready', 'cooling', 'gone'] as const).map(afterEnd);
  expect(after).toEqual(['greeted', 'ready', 'ready', 'gone']);
});

test('nothing brings back a session that is gone', () => {
  expect([afterBeat('gone', true), afterNotNow('gone'), afterEnd('gone')]).toEqual(['gone', 'gone', 'gone']);
});
