import { expect } from 'bun:test';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { anAccount, type Account } from '../../fakes/service/account.ts';
import { anLlmTask } from '../../fakes/builders.ts';
import { LINUX, needs } from '../../needs.ts';
import { setupStudio } from '../harness.ts';

const test = needs(LINUX);

interface Report {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly id: string;
    readonly is: string;
    readonly message: string;
    readonly hint?: string;
  }[];
}

/** The config of an account that reaches nothing beyond this machine. */
async function configure(account: Account, ...lines: readonly string[]): Promise<void> {
  await mkdir(dirname(account.configPath), { recursive: true });
  const text = ['vram_threshold_gb = 12.0', 'auto_update_enabled = false', ...lines, ''].join('\n');
  await writeFile(account.configPath, text, { mode: 0o600 });
}

async function reportOf(account: Account, ...argv: string[]): Promise<Report & { readonly code: number }> {
  const { code, out, err } = await account.run('doctor', '--json', ...argv);
  if (out === '') throw new Error(err);
  return { ...(JSON.parse(out) as Report), code };
}
const findingIn = ({ checks }: Report, id: string): Report['checks'][number] | undefined =>
  checks.find((check) => check.id === id);

test('a machine whose studio is down is told so, and exits with 69', async () => {
  await using account = await anAccount();
  await configure(account, 'api_base_url = "http://127.0.0.1:9"');
  const report = await reportOf(account);
  expect(report.code).toBe(69);
  expect(findingIn(report, 'studio.reachable')).toMatchObject({ is: 'failed', hint: expect.stringMatching(/studio/) });
  expect(findingIn(report, 'studio.websocket')).toMatchObject({ is: 'skipped' });
  expect(findingIn(report, 'worker.running')).toMatchObject({ is: 'failed' });
  expect(findingIn(report, 'native.cache')).toMatchObject({ is: 'ok' });
});

test('a broken config is named with its line, and the rest is still examined', async () => {
  await using account = await anAccount();
  await configure(account, 'api_base_url = 7');
  const report = await reportOf(account);
  expect(findingIn(report, 'config.valid')).toMatchObject({
    is: 'failed',
    message: expect.stringContaining('config.toml:3:'),
  });
  expect(findingIn(report, 'update.keys')).toMatchObject({ is: 'ok' });
});

test('a studio without a running worker is reached by request and by WebSocket', async () => {
  await using scene = await setupStudio();
  await using account = await anAccount();
  await configure(account, `api_base_url = "${scene.studio.url}"`);
  const report = await reportOf(account);
  for (const id of ['studio.reachable', 'studio.clock', 'studio.websocket']) {
    expect(findingIn(report, id)).toMatchObject({ is: 'ok' });
  }
});

test('a running worker says which rule rejected its offers', async () => {
  await using scene = await setupStudio();
  await using account = await anAccount();
  const { workerId, authToken } = await scene.studio.enrol();
  await configure(
    account,
    `api_base_url = "${scene.studio.url}"`,
    `worker_id = "${workerId}"`,
    `auth_token = "${authToken}"`,
    'supported_models_override = ["another-model"]',
  );
  const worker = account.start('run');
  try {
    await scene.studio.until('a session', (event) => event.is === 'said' && event.type === 'welcome');
    scene.studio.say(
      workerId,
      JSON.stringify({
        type: 'offer',
        claim: {
          jobId: 'job-1',
          gameId: 'g',
          assetName: 'a/b/c',
          model: 'synthetic',
          vramGbEstimate: 1,
          task: anLlmTask(),
          modelSource: {
            engine: 'synthetic',
            files: [],
            cliDefaults: { cfgScale: 1, steps: 1, width: 64, height: 64 },
          },
        },
      }),
    );
    await scene.studio.next('reject');
    const report = await reportOf(account);
    expect(findingIn(report, 'worker.running')).toMatchObject({ is: 'ok' });
    expect(findingIn(report, 'jobs.flow')).toMatchObject({
      is: 'warning',
      message: expect.stringMatching(/^1 offers, 0 accepted; rejected by models 1 times, .*supported_models_override/),
    });
  } finally {
    worker.kill('SIGKILL');
    await worker.exited;
  }
});

test('--strict makes a warning a failure', async () => {
  await using scene = await setupStudio();
  await using account = await anAccount();
  const { workerId, authToken } = await scene.studio.enrol();
  const lines = [`api_base_url = "${scene.studio.url}"`, `worker_id = "${workerId}"`, `auth_token = "${authToken}"`];
  await configure(account, ...lines);
  await chmod(account.configPath, 0o644);
  const report = await reportOf(account, '--strict');
  expect(findingIn(report, 'config.private')).toMatchObject({ is: 'warning', message: expect.stringContaining('644') });
  expect(report.ok).toBe(false);
});

test('a bundle holds no secret of the config or of a proxy', async () => {
  await using account = await anAccount();
  await configure(
    account,
    'api_base_url = "http://127.0.0.1:9"',
    'worker_id = "w-1"',
    'auth_token = "t0k3n-of-the-worker"',
    'registration_secret = "proof-of-the-request"',
    'local_api_token = "token-of-callers"',
  );
  await account.run('install-service');
  const file = `${account.home}/report.json`;
  const { out } = await account.run('doctor', '--bundle', file);
  expect(out).toContain(`wrote ${file}`);
  const text = await readFile(file, 'utf8');
  for (const secret of ['t0k3n-of-the-worker', 'proof-of-the-request', 'token-of-callers', 's3cret', account.home]) {
    expect(text).not.toContain(secret);
  }
  expect(JSON.parse(text)).toMatchObject({ platform: 'linux', service: expect.stringContaining('[Service]') });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('a bundle that cannot be written exits as its help says', async () => {
  await using account = await anAccount();
  await configure(account, 'api_base_url = "http://127.0.0.1:9"');
  const { code, err } = await account.run('doctor', '--bundle', `${account.configPath}/report.json`);
  expect({ code, err }).toEqual({ code: 73, err: expect.stringContaining('file.not-written') });
  const { out } = await account.run('help', 'doctor');
  expect(out).toMatch(/^ +73 +the bundle cannot be written$/m);
});

test('one check is explained by its id, and a mistyped id is corrected', async () => {
  await using account = await anAccount();
  const { code, out } = await account.run('doctor', 'jobs.flow');
  expect({ code, first: out.split('\n')[0] }).toEqual({
    code: 0,
    first: 'jobs.flow: jobs can come, and nothing stands against them',
  });
  const mistyped = await account.run('doctor', 'job.flow');
  expect(mistyped.code).toBe(64);
  expect(mistyped.err).toContain('did you mean "jobs.flow"?');
});

test('--bench measures disk, hash and engines, and leaves nothing behind', async () => {
  await using account = await anAccount();
  await configure(account, 'api_base_url = "http://127.0.0.1:9"');
  const { code, out } = await account.run('doctor', '--bench', '--json');
  expect(code).toBe(0);
  const { measured } = JSON.parse(out) as { measured: { id: string; is: string; rate: number; unit: string }[] };
  expect(measured.map(({ id, is, unit }) => [id, is, unit])).toEqual([
    ['bench.hash', 'measured', 'MiB/s'],
    ['bench.write', 'measured', 'MiB/s'],
    ['bench.read', 'measured', 'MiB/s'],
    ['bench.synthetic', 'measured', 'steps/s'],
    ['bench.chat', 'measured', 'tokens/s'],
    ['bench.speech', 'measured', 'x real time'],
  ]);
  for (const { rate } of measured) expect(rate).toBeGreaterThan(0);
  const ours = (await readdir(account.temporary)).filter((name) => name.startsWith('studio-worker'));
  expect(ours).toEqual([]);
});
