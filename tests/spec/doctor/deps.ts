import { WorkerError } from '../../../src/base/errors.ts';
import { readConfig } from '../../../src/config/read.ts';
import type { Config } from '../../../src/config/schema.ts';
import type { DoctorDeps } from '../../../src/doctor/deps.ts';
import { CHECKS } from '../../../src/doctor/examine.ts';
import type { Finding } from '../../../src/doctor/finding.ts';
import { aGpu } from '../../fakes/system/a-gpu.ts';
import { aWorker } from '../cli/a-worker.ts';

const BASE = 'api_base_url = "https://studio.test"\nvram_threshold_gb = 12.0\n';

export const aDoctorConfig = (text = ''): Config =>
  readConfig(`${BASE}${text}`, '/home/ada/config.toml', { homeDir: '/home/ada', tempDir: '/tmp' });

/** A machine on which everything is as it should be, but for what a test changes. */
export const someDeps = (changed: Partial<DoctorDeps> = {}): DoctorDeps => ({
  platform: 'linux',
  now: () => 1_000_000,
  version: '0.5.0',
  config: async () => ({
    path: '/home/ada/config.toml',
    exists: true,
    values: aDoctorConfig('worker_id = "w-1"\nauth_token = "t0k3n"\n'),
  }),
  modeOf: async () => 0o600,
  studio: async () => ({ is: 'answered', status: 404, dateAt: 1_000_000, ourAt: 1_000_000 }),
  upgrade: async () => ({ is: 'answered', status: 401 }),
  proxy: async () => undefined,
  freeBytes: async () => 100e9,
  sizeOf: async () => 0,
  nativeCache: async () => ({ folder: '/home/ada/.cache/studio-worker', problem: undefined }),
  engines: async () => [{ engine: 'llama-cpp', ready: true, kinds: ['llm'], models: ['llama-cpp:*'] }],
  gpus: async () => ({ gpus: [aGpu(0, { driver: '570' })], reasons: [] }),
  inVulkan: async () => new Map(),
  hasLibrary: async () => true,
  distribution: async () => ['debian'],
  service: async () => ({ manager: 'systemd', path: '/unit', state: 'running', outdated: [], lingering: 'on' }),
  worker: async () => ({ is: 'answered', answer: aWorker() }),
  offers: async () => ({ is: 'answered', answer: { offers: 3, accepted: 3, rejections: [] } }),
  lockHolder: async () => undefined,
  conditions: async () => [],
  presence: async () => ({ known: true, because: '' }),
  feed: async () => ({ latest: undefined, heldBack: undefined, problem: undefined }),
  keys: 2,
  ...changed,
});

/** What one check finds. */
export async function findingOf(id: string, changed: Partial<DoctorDeps> = {}): Promise<Finding> {
  const check = CHECKS.find((one) => one.id === id);
  if (check === undefined) throw new WorkerError('internal', `no check ${id}`);
  return await check.run(someDeps(changed));
}
