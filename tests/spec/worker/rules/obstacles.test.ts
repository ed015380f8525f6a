import { expect, test } from 'bun:test';
import { toModelId } from '../../../../src/base/ids.ts';
import { GB } from '../../../../src/base/units.ts';
import { type ObstacleFacts, obstaclesOf } from '../../../../src/worker/rules/obstacles.ts';
import { aWorker } from '../../cli/a-worker.ts';

const FINE: ObstacleFacts = {
  status: aWorker(),
  onlyWhenIdle: false,
  userPresence: undefined,
  updateWaits: false,
  outboxSpace: 'free',
  disk: { freeBytes: 100 * GB, floorBytes: 10 * GB, folder: '/models' },
  quarantined: [],
};

test('a worker that is connected and idle has nothing in its way', () => {
  expect(obstaclesOf(FINE)).toEqual([]);
});

test.each<[string, Partial<ObstacleFacts>, string]>([
  ['claiming-off', { status: aWorker({ enabled: false }) }, 'run `studio-worker enable`'],
  ['paused', { status: aWorker({ paused: true }) }, 'run `studio-worker resume`'],
  [
    'not-registered',
    { status: aWorker({ registration: { at: 'pending', requestId: 'rr', since: 0 } }) },
    'not approved',
  ],
  [
    'no-session',
    { status: aWorker({ session: { at: 'backing-off', failures: 3, retryInMs: 9, because: 'silence' } }) },
    '3 attempts',
  ],
  ['no-engines', { status: aWorker({ modelEngines: [], extensionEngines: [] }) }, 'no engine is ready'],
  ['update', { updateWaits: true }, 'an update'],
  ['in-use', { onlyWhenIdle: true, userPresence: 'active' }, 'this machine is in use'],
  ['in-use', { onlyWhenIdle: true }, 'user activity is unknown'],
  ['outbox-full', { outboxSpace: 'full' }, 'outbox list'],
  ['outbox-full', { outboxSpace: 'unread' }, 'are being read'],
  [
    'disk-full',
    { disk: { freeBytes: 9 * GB, floorBytes: 10 * GB, folder: '/models' } },
    '9.0 GB left, of which 10.0 GB',
  ],
  [
    'quarantine',
    { quarantined: [{ engine: 'llama-cpp', model: toModelId('qwen'), remainingMs: 60_000 }] },
    'qwen crashed llama-cpp repeatedly: its jobs are rejected for 1 min',
  ],
])('%s is named, with its numbers', (what, facts, words) => {
  const obstacles: unknown = obstaclesOf({ ...FINE, ...facts });
  expect(obstacles).toEqual([{ what, because: expect.stringContaining(words) }]);
});
