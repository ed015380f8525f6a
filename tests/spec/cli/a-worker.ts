import { toJobId, toModelId, toWorkerId } from '../../../src/base/ids.ts';
import type { JobRecord } from '../../../src/jobs/job-record.ts';
import type { PooledModel } from '../../../src/models/loaded/entry.ts';
import type { WorkerStatus } from '../../../src/worker/status.ts';

/** A running worker that is fine and idle. */
export const aWorker = (status: Partial<WorkerStatus> = {}): WorkerStatus => ({
  version: '0.5.0',
  pid: 42,
  startedAt: 0,
  configPath: '/etc/worker/config.toml',
  enabled: true,
  paused: false,
  conditions: [],
  stopping: false,
  workerId: 'w-1',
  registration: { at: 'approved', workerId: toWorkerId('w-1') },
  session: { at: 'live' },
  vramTotalGb: 24,
  vramThresholdGb: 12,
  modelEngines: ['llama-cpp', 'synthetic'],
  extensionEngines: ['piper'],
  models: [],
  runningJobs: [],
  recentJobs: [],
  outbox: { count: 0, sizeBytes: 0 },
  ...status,
});

/** A job that it runs. */
export const aRunningJob = (about: Partial<JobRecord> = {}): JobRecord => ({
  jobId: toJobId('job-1'),
  origin: 'studio',
  kind: 'image',
  model: toModelId('fox'),
  engine: 'sd-cpp',
  prompt: 'a fox',
  settings: {},
  status: 'running',
  startedAt: 0,
  ...about,
});

/** The model of that job, in memory. */
export const aLoadedModel = (about: Partial<PooledModel> = {}): PooledModel => ({
  engine: 'sd-cpp',
  model: toModelId('fox'),
  state: 'in use',
  since: 0,
  lastUsedAt: 0,
  gb: 8,
  ...about,
});
