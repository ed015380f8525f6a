import type { LiveStatus } from '../../src/local-api/contract/status.ts';
import { BUSY, FACTS, IDLE, PENDING, REJECTED, UNREGISTERED } from './fixtures.ts';
import type { WorkerFacts } from './worker-api.ts';

/** A state of the window that was drawn: what the worker knows, and where the reader is. */
export interface Scene {
  readonly name: string;
  readonly facts: WorkerFacts;
  readonly fragment: string;
  /** The worker goes once the window is open. */
  readonly isOffline?: boolean;
}

const kept: LiveStatus = {
  ...IDLE,
  obstacles: [{ what: 'disk-full', because: 'the disk is full: 180 MiB are free and 5 GB have to be' }],
  offers: {
    offers: 9,
    accepted: 4,
    rejections: [
      {
        rule: 'vram',
        count: 5,
        lastAt: Date.now() - 60_000,
        lastJobId: 'job-1',
        lastBecause: 'needs 14.1 GiB, 12.0 allowed',
      },
    ],
  },
};
const cpu: LiveStatus = { ...IDLE, vramTotalGb: 0, memory: { ...IDLE.memory, gpus: [], models: [] } };
const gpuNode: LiveStatus = {
  ...BUSY,
  vramTotalGb: 96,
  vramThresholdGb: 24,
  activeJobs: BUSY.activeJobs.map((job) => Object.assign({}, job, { gpu: 'NVIDIA GeForce RTX 4090 #0' })),
  memory: {
    ...BUSY.memory,
    gpus: [0, 1, 2, 3].map((at) => ({
      id: `GPU-${at}`,
      name: 'NVIDIA GeForce RTX 4090',
      label: `NVIDIA GeForce RTX 4090 #${at}`,
      totalGb: 24,
      freeGb: at < 2 ? 14.2 : 23.5,
    })),
    deniedGpus: [{ id: 'GPU-4', name: 'NVIDIA GeForce GTX 1650', by: 'deny_gpus' }],
    models: BUSY.memory.models.map((model, at) => Object.assign({}, model, { gpu: `NVIDIA GeForce RTX 4090 #${at}` })),
  },
};
const lost: LiveStatus = {
  ...BUSY,
  hero: 'disconnected',
  session: {
    state: 'reconnecting',
    attempt: 3,
    retryAt: Date.now() + 60_000,
    reason: 'the studio closed the session (1006)',
  },
  heartbeat: { outcome: 'err', lastAttemptAt: Date.now() - 9_000, reason: 'no answer within 10 s' },
  outbox: { count: 2, sizeBytes: 3_400_000 },
};

const scene = (name: string, fragment: string, facts: Partial<WorkerFacts> = {}): Scene => ({
  name,
  fragment,
  facts: { ...FACTS, ...facts },
});

export const SCENES: readonly Scene[] = [
  scene('status', '#status'),
  scene('status-idle', '#status', { status: kept }),
  scene('status-cpu', '#status', { status: cpu }),
  scene('status-gpus', '#status', { status: gpuNode }),
  scene('models-gpus', '#models', { status: gpuNode }),
  scene('status-lost', '#status', { status: lost }),
  scene('status-unregistered', '#status', { status: UNREGISTERED, jobs: [] }),
  scene('status-pending', '#status', { status: PENDING, jobs: [] }),
  scene('status-rejected', '#status', { status: REJECTED, jobs: [] }),
  { ...scene('status-offline', '#status'), isOffline: true },
  scene('jobs', '#jobs/job-9e0417'),
  scene('jobs-speech', '#jobs/job-9e03f0'),
  scene('jobs-mesh', '#jobs/job-9e0390'),
  scene('jobs-chat', '#jobs/job-9e0415'),
  scene('jobs-failed', '#jobs/job-9e03c2'),
  scene('jobs-list', '#jobs'),
  scene('jobs-empty', '#jobs', { status: IDLE, jobs: [] }),
  { ...scene('jobs-offline', '#jobs/job-9e0417'), isOffline: true },
  scene('models', '#models'),
  scene('models-empty', '#models', { models: [] }),
  scene('config', '#config'),
  { ...scene('config-offline', '#config/models'), isOffline: true },
  scene('about', '#about'),
  scene('about-update', '#about', {
    status: { ...IDLE, update: { at: 'draining', version: '0.6.1', lastCheckAt: Date.now() - 60_000 } },
  }),
  scene('logs', '#logs'),
  scene('logs-empty', '#logs', { lines: [] }),
];
