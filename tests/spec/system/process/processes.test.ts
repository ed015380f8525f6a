import { expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { startChild } from '../../../../src/system/process/child.ts';
import { childEnvironment, ownCommand, ownEnvironment } from '../../../../src/system/process/processes.ts';
import { within } from '../../../fakes/system/temp-folder.ts';

const OURS = {
  PATH: '/bin',
  HOME: '/root',
  LANG: undefined,
  BUN_BE_BUN: '1',
  SENTRY_DSN: 'https://key@example.invalid/1',
  STUDIO_BOOTSTRAP_TOKEN: 'abc',
  HF_TOKEN: 'abc',
  AWS_SECRET_ACCESS_KEY: 'abc',
  DB_PASSWORD: 'abc',
};

const UNREAD = { stdout: 'ignore', stderr: 'ignore' } as const;

test('a child gets the variables it can use and no others', () => {
  expect(childEnvironment(OURS)).toEqual({ PATH: '/bin', HOME: '/root' });
});

const ALLOWED = [
  'PATH',
  'Path',
  'HOME',
  'LANG',
  'LC_ALL',
  'TMPDIR',
  'XDG_RUNTIME_DIR',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'SystemRoot',
  'ProgramFiles(x86)',
  'LOCALAPPDATA',
  'CUDA_VISIBLE_DEVICES',
  'NVIDIA_VISIBLE_DEVICES',
  'HIP_VISIBLE_DEVICES',
  'GGML_VK_VISIBLE_DEVICES',
  'VK_ICD_FILENAMES',
  '__GLX_VENDOR_LIBRARY_NAME',
  'OMP_NUM_THREADS',
  'MALLOC_ARENA_MAX',
  'STUDIO_WORKER_ESPEAK_NG',
  'STUDIO_WORKER_CACHE_DIR',
];

test.each(ALLOWED)('a child gets %s, which programs and drivers read', (name) => {
  expect(childEnvironment({ [name]: 'x' })).toEqual({ [name]: 'x' });
});

const WITHHELD = [
  'DATABASE_URL',
  'SLACK_WEBHOOK_URL',
  'FFREPORT',
  'HTTPS_PROXY',
  'http_proxy',
  'ALL_PROXY',
  'STUDIO_WORKER_STUDIO_TOKEN',
  'STUDIO_WORKER_AUTH_TOKEN',
  'STUDIO_WORKER_API_BASE_URL',
  'NOTIFY_SOCKET',
  'WATCHDOG_PID',
  'LLAMA_API_KEY',
  'GGML_TOKEN',
  'LD_AUDIT',
  'PGPASSFILE',
  'AWS_PROFILE',
  'PATH_TO_DATABASE',
  'MY_PATH',
  'NODE_OPTIONS',
  'BASH_ENV',
  'SENTRY_DSN',
  'SSH_AUTH_SOCK',
  'KUBECONFIG',
];

test.each(WITHHELD)('a child never sees %s of our environment', (name) => {
  expect(childEnvironment({ [name]: 'x', PATH: '/bin' })).toEqual({ PATH: '/bin' });
});

test('what a child is given on purpose it gets, whatever its name', () => {
  expect(childEnvironment(OURS, { HF_TOKEN: 'its own' })).toMatchObject({ PATH: '/bin', HF_TOKEN: 'its own' });
});

test('another run of ourselves keeps the secrets and is still no plain Bun', () => {
  const own = ownEnvironment(OURS);
  expect(own).toMatchObject({ SENTRY_DSN: OURS.SENTRY_DSN, HF_TOKEN: 'abc' });
  expect(own).not.toHaveProperty('BUN_BE_BUN');
  expect(own).not.toHaveProperty('LANG');
});

test('a real child sees neither the switch nor the secrets', async () => {
  const program =
    'process.exit(["BUN_BE_BUN", "HF_TOKEN", "DATABASE_URL"].some((name) => name in process.env) ? 1 : 0)';
  const env = childEnvironment({
    ...process.env,
    BUN_BE_BUN: '1',
    HF_TOKEN: 'abc',
    DATABASE_URL: 'postgres://a:b@c/d',
  });
  const child = startChild([process.execPath, '-e', program], { env, ...UNREAD });
  expect(await within(10_000, 'the child to end', child.ended)).toEqual({ is: 'exited', code: 0 });
});

test('a child that was killed says by what, and may be killed again', async () => {
  const env = childEnvironment(process.env);
  const child = startChild([process.execPath, '-e', 'await new Promise(() => setInterval(() => {}, 1e6))'], {
    env,
    ...UNREAD,
  });
  child.kill('SIGKILL');
  expect(await within(10_000, 'the child to end', child.ended)).toEqual({ is: 'killed', signal: 'SIGKILL' });
  child.kill('SIGTERM');
});

test('the command that starts this program again names files that exist', () => {
  expect(ownCommand().filter((path) => !existsSync(path))).toEqual([]);
});

test('no other place starts a child with the switch to plain Bun', () => {
  const starters = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path, code: readFileSync(`src/${path}`, 'utf8') }))
    .filter(({ code }) => /\bBun\.spawn|child_process/.test(code));
  expect(starters.map(({ path }) => path)).toContain('system/process/child.ts');
  expect(starters.filter(({ code }) => !/BUN_BE_BUN|(child|own)Environment/i.test(code))).toEqual([]);
});
