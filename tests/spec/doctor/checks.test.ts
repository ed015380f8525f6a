import { describe, expect, test } from 'bun:test';
import { WorkerError } from '../../../src/base/errors.ts';
import type { DoctorDeps } from '../../../src/doctor/deps.ts';
import { CHECKS, examine } from '../../../src/doctor/examine.ts';
import type { Severity } from '../../../src/doctor/finding.ts';
import type { WorkerStatus } from '../../../src/worker/status.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { aWorker } from '../cli/a-worker.ts';
import { aDoctorConfig, findingOf, someDeps } from './deps.ts';

const withConfig = (text: string): Partial<DoctorDeps> => ({
  config: async () => ({ path: '/home/ada/config.toml', exists: true, values: aDoctorConfig(text) }),
});
const withWorker = (status: Partial<WorkerStatus>): Partial<DoctorDeps> => ({
  worker: async () => ({ is: 'answered', answer: aWorker(status) }),
});
const studioAt = (skewMs: number): Partial<DoctorDeps> => ({
  studio: async () => ({ is: 'answered', status: 404, dateAt: 1_000_000, ourAt: 1_000_000 + skewMs }),
});
const noService = {
  manager: 'systemd',
  path: '/unit',
  state: 'not-installed',
  outdated: [],
  lingering: 'off',
} as const;
const gone = (because: string, code: string): Partial<DoctorDeps> => ({
  studio: async () => ({ is: 'unreachable', because, code }),
});

test('a machine without faults passes every check', async () => {
  const findings = await Array.fromAsync(examine(someDeps(), new FakeClock()));
  expect(findings.map(({ id, is }) => [id, is])).toEqual(
    CHECKS.map(({ id }) => [id, id === 'jobs.presence' || id === 'jobs.conditions' ? 'skipped' : 'ok']),
  );
});

test('every check has a unique id, a title and a page with a remedy', () => {
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
  for (const { id, title, page } of CHECKS) {
    expect(id).toMatch(/^[a-z]+\.[a-z]+$/);
    expect(title).toMatch(/^[a-z].+[^.]$/);
    expect(page.length).toBeGreaterThanOrEqual(2);
    for (const paragraph of page) expect(paragraph).toMatch(/^[A-Z`].+\.$/);
  }
});

type Case = readonly [what: string, id: string, changed: Partial<DoctorDeps>, is: Severity, says: string];
const CASES: readonly Case[] = [
  ['a secret that others may read', 'config.private', { modeOf: async () => 0o644 }, 'warning', 'mode 644'],
  ['a pending request', 'registration.approved', withConfig('registration_request_id = "r-1"\n'), 'warning', 'r-1'],
  ['no registration', 'registration.approved', withConfig(''), 'warning', 'not registered'],
  ['a name that does not resolve', 'studio.reachable', gone('no such host', 'ENOTFOUND'), 'failed', 'typing mistake'],
  ['a rejected certificate', 'studio.reachable', gone('bad', 'CERT_HAS_EXPIRED'), 'failed', 'NODE_EXTRA_CA_CERTS'],
  [
    'a proxy that does not answer',
    'studio.reachable',
    { ...gone('refused', 'ECONNREFUSED'), proxy: async () => 'http://proxy.test:3128' },
    'failed',
    'proxy.test',
  ],
  ['a clock that is a minute ahead', 'studio.clock', studioAt(60_000), 'warning', 'ahead'],
  ['a clock that is an hour behind', 'studio.clock', studioAt(-3_600_000), 'failed', 'behind'],
  [
    'a proxy that stops WebSockets',
    'studio.websocket',
    { ...withWorker({ session: { at: 'connecting' } }), upgrade: async () => ({ is: 'answered', status: 400 }) },
    'failed',
    'status 400',
  ],
  ['a disk below its floor', 'disk.models', { freeBytes: async () => 1e9 }, 'failed', '1.0 GB free'],
  ['a full outbox', 'disk.outbox', { sizeOf: async () => 2e9 }, 'failed', 'outbox_max_gb'],
  ['an outbox that fills up', 'disk.outbox', { sizeOf: async () => 1.5e9 }, 'warning', '1.5 GB'],
  [
    'a cache that may run no programs',
    'native.cache',
    { nativeCache: async () => ({ folder: '/cache', problem: 'noexec' }) },
    'failed',
    'STUDIO_WORKER_CACHE_DIR',
  ],
  [
    'an engine that is not ready',
    'engines.ready',
    {
      engines: async () => [
        { engine: 'onnx', ready: true, kinds: [], models: [] },
        { engine: 'sd-cpp', ready: false, because: 'no sd-cli', hint: 'Install it.', kinds: [], models: [] },
      ],
    },
    'warning',
    'no sd-cli',
  ],
  ['a missing driver', 'gpu.runtime', { hasLibrary: async () => false }, 'failed', 'libcuda.so.1'],
  [
    'a missing loader of Vulkan on Fedora',
    'gpu.runtime',
    { hasLibrary: async (name) => name.startsWith('libcuda'), distribution: async () => ['nobara', 'fedora'] },
    'warning',
    'dnf install vulkan-loader',
  ],
  [
    'a missing loader of Vulkan on Arch',
    'gpu.runtime',
    { hasLibrary: async (name) => name.startsWith('libcuda'), distribution: async () => ['arch'] },
    'warning',
    'pacman -S vulkan-icd-loader',
  ],
  [
    'a threshold above the GPU',
    'gpu.threshold',
    { config: async () => ({ path: '/c', exists: true, values: { ...aDoctorConfig(), vram_threshold_gb: 80 } }) },
    'warning',
    'set-threshold 24',
  ],
  ['no worker', 'worker.running', { worker: async () => ({ is: 'not-running' }) }, 'failed', 'setup'],
  ['a worker of another version', 'worker.running', withWorker({ version: '0.4.0' }), 'warning', '0.4.0'],
  [
    'a worker that hangs',
    'worker.running',
    { worker: async () => ({ is: 'failed', error: new WorkerError('worker.unresponsive', 'no answer') }) },
    'failed',
    'no answer',
  ],
  [
    'another machine with this registration',
    'worker.single',
    withWorker({ session: { at: 'refused', code: 4003, because: 'the session ended' } }),
    'failed',
    'register --reset',
  ],
  [
    'a process that holds the folder and does not answer',
    'worker.single',
    { worker: async () => ({ is: 'not-running' }), lockHolder: async () => 77 },
    'failed',
    'process 77',
  ],
  ['no service', 'service.state', { service: async () => noService }, 'warning', 'setup'],
  [
    'a failed service',
    'service.state',
    { service: async () => ({ ...noService, state: 'failed' }) },
    'failed',
    'install-service',
  ],
  [
    'a service that may not write the models',
    'service.state',
    { service: async () => ({ ...noService, state: 'running', outdated: ['the right to write /models'] }) },
    'warning',
    '/models',
  ],
  [
    'a service that ends with the session',
    'service.linger',
    { service: async () => ({ ...noService, state: 'running' }) },
    'warning',
    '--linger',
  ],
  ['claiming that is off', 'jobs.flow', withWorker({ enabled: false }), 'warning', 'enable'],
  ['a worker that is paused', 'jobs.flow', withWorker({ paused: true }), 'warning', 'resume'],
  ['a session that is not open', 'jobs.flow', withWorker({ session: { at: 'connecting' } }), 'warning', 'connecting'],
  [
    'offers that a rule rejects',
    'jobs.flow',
    {
      offers: async () => ({
        is: 'answered',
        answer: {
          offers: 4,
          accepted: 0,
          rejections: [{ rule: 'memory', count: 4, lastAt: 940_000, lastJobId: 'j', lastBecause: 'needs 21 GiB' }],
        },
      }),
    },
    'warning',
    'memory 4 times, last 1 min',
  ],
  [
    'a studio that offers nothing',
    'jobs.flow',
    {
      now: () => 3_600_000,
      offers: async () => ({ is: 'answered', answer: { offers: 0, accepted: 0, rejections: [] } }),
    },
    'warning',
    'offered nothing',
  ],
  [
    'hours that have not begun',
    'jobs.conditions',
    { conditions: async () => [{ what: 'schedule', isMet: false, isKnown: true, because: 'opens Sat 22:00' }] },
    'warning',
    'opens Sat 22:00',
  ],
  [
    'a screen that nobody sees',
    'jobs.conditions',
    { conditions: async () => [{ what: 'full-screen', isMet: true, isKnown: false, because: 'not known' }] },
    'warning',
    'desktop session',
  ],
  [
    'presence that nobody knows',
    'jobs.presence',
    { ...withConfig('only_when_idle = true\n'), presence: async () => ({ known: false, because: 'no desktop' }) },
    'failed',
    'only_when_idle = false',
  ],
  [
    'a feed that cannot be read',
    'update.feed',
    { feed: async () => ({ latest: undefined, heldBack: undefined, problem: 'no answer' }) },
    'warning',
    'auto_update_feed',
  ],
  [
    'a release that is held back',
    'update.feed',
    { feed: async () => ({ latest: '0.6.0', heldBack: 'it was rolled back', problem: undefined }) },
    'warning',
    'rolled back',
  ],
  ['a build without keys', 'update.keys', { keys: 0 }, 'failed', 'no key'],
];

describe('a fault is found with what to do about it', () => {
  test.each(CASES)('%s', async (_what, id, changed, is, says) => {
    const finding = await findingOf(id, changed);
    expect(finding.is).toBe(is);
    expect(finding.hint).toMatch(/^[A-Z].*\.$/);
    expect(`${finding.message} ${finding.hint}`).toContain(says);
  });
});

test('a refused token is no second worker, whatever the studio calls it', async () => {
  const because = 'error 4003: another token is a duplicate of yours';
  const finding = await findingOf('worker.single', withWorker({ session: { at: 'refused', code: 4001, because } }));
  expect(finding.is).toBe('ok');
});

test('an unreadable config is one finding, and checks that need it are skipped', async () => {
  const config = (): Promise<never> =>
    Promise.reject(new WorkerError('config.invalid', 'line 3: expected a number\n  3 | x', { hint: 'Correct it.' }));
  const findings = await Array.fromAsync(examine(someDeps({ config }), new FakeClock()));
  expect(findings.filter(({ is }) => is === 'failed').map(({ id, message }) => [id, message])).toEqual([
    ['config.valid', 'line 3: expected a number'],
  ]);
});

test('a check that never ends is given up, and the next one runs', async () => {
  const clock = new FakeClock();
  const findings = examine(someDeps({ modeOf: () => new Promise(() => {}) }), clock);
  await findings.next();
  const stuck = findings.next();
  await Promise.resolve();
  clock.advance(30_000);
  expect((await stuck).value).toMatchObject({ id: 'config.private', is: 'failed' });
  expect((await findings.next()).value).toMatchObject({ id: 'registration.approved', is: 'ok' });
});

test('an outbox without results is not said to hold any', async () => {
  const { message } = await findingOf('disk.outbox', { sizeOf: async () => 262_144 });
  expect(message).toMatch(/^262\.1 kB used, 2\.0 GB free at \S+outbox$/);
});
