import { expect, test } from 'bun:test';
import * as v from 'valibot';
import { CapabilitiesSchema, type ReadCapabilities } from '../../../src/contract/capabilities.ts';
import { type AskedWorker, waitSummary, type WaitingJob, whyNoJob, whyNot } from '../../../src/local-studio/why.ts';
import { runningJobs, someCapabilities } from '../../fakes/builders.ts';

const JOB: WaitingJob = { id: 'job-1', seq: 1, kind: 'llm', engine: 'synthetic', vramGb: 4 };
const CAPABILITIES = v.parse(CapabilitiesSchema, {
  ...someCapabilities(),
  taskKinds: ['llm'],
  modelEngines: ['synthetic'],
});

const aWorker = (over: Partial<AskedWorker> = {}, capabilities: Partial<ReadCapabilities> = {}): AskedWorker => ({
  offer: { at: 'none' },
  running: new Map(),
  maxJobs: 1,
  noSlotUntil: new Map(),
  capabilities: { ...CAPABILITIES, ...capabilities },
  readiness: 'ready',
  rejected: [],
  rejection: undefined,
  ...over,
});

test.each<[string, AskedWorker, string]>([
  [
    'rejected for good',
    aWorker({ rejected: [1], rejection: { reason: 'no such format' } }),
    'rejected it for good: no such format',
  ],
  ['without the kind', aWorker({}, { taskKinds: [] }), 'serves no llm jobs'],
  ['without the engine', aWorker({}, { modelEngines: [] }), 'cannot run synthetic now; it can run nothing'],
  [
    'with a low threshold',
    aWorker({}, { vramThresholdGb: 2 }),
    'takes jobs up to 2 GiB, and this one is estimated at 4 GiB',
  ],
  ['switched off', aWorker({}, { autoEnabled: false }), 'takes no jobs: claiming is off'],
  [
    'in use',
    aWorker({}, { onlyWhenIdle: true, userPresence: 'active' }),
    'takes jobs only when idle, and its machine is in use',
  ],
  [
    'that rejected it',
    aWorker({ readiness: 'cooling', rejection: { reason: 'the outbox is full' } }),
    'rejected it: the outbox is full',
  ],
  ['with another job', aWorker({ running: runningJobs('job-9') }), 'busy with job-9'],
  [
    'with as many jobs as it takes',
    aWorker({ running: runningJobs('job-8', 'job-9'), maxJobs: 2 }),
    'busy with 2 of 2 jobs',
  ],
  ['with space for another', aWorker({ running: runningJobs('job-9'), maxJobs: 2 }), 'is asked next'],
  ['that is being asked', aWorker({ offer: { at: 'offered', jobId: 'job-1', seq: 1 } }), 'is asked now'],
  [
    'with no slot for its engine',
    aWorker({ running: runningJobs('job-9'), maxJobs: 2, noSlotUntil: new Map([['synthetic', 1]]) }),
    'has no slot for another synthetic job beside those it runs',
  ],
  ['that came just now', aWorker({ readiness: 'greeted' }), 'connected just now: its first heartbeat is awaited'],
  ['that is free', aWorker(), 'is asked next'],
])('a worker %s is explained by that', (_which, worker, because) => {
  expect(whyNot(JOB, worker)).toBe(because);
});

test('a worker that any job may reach has nothing general against it', () => {
  expect(whyNoJob(aWorker())).toBeUndefined();
});

test('a job that no worker can run says so', () => {
  expect(waitSummary([])).toBe('no worker is connected');
  const two = ['a', 'b'].map((name) => ({ name, because: 'serves no llm jobs' }));
  expect(waitSummary(two)).toBe('a serves no llm jobs (and 1 more: see `jobs why`)');
  expect(waitSummary(two.slice(1), 3)).toBe('b serves no llm jobs (and 2 more: see `jobs why`)');
});
