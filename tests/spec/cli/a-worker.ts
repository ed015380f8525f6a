import { toWorkerId } from '../../../src/base/ids.ts';
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
