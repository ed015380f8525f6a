import { expect, test } from 'bun:test';
import * as v from 'valibot';
import { CapabilitiesSchema } from '../../../../src/contract/capabilities.ts';
import { emptiestFirst, isAvailable, type OfferCandidate } from '../../../../src/local-studio/queue/candidates.ts';
import { runningJobs, someCapabilities } from '../../../fakes/builders.ts';

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
