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

test('a child gets our variables without secrets and without the switch to plain Bun', () => {
  expect(childEnvironment(OURS)).toEqual({ PATH: '/bin', HOME: '/root' });
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
  const program = 'process.exit("BUN_BE_BUN" in process.env || "HF_TOKEN" in process.env ? 1 : 0)';
  const env = childEnvironment({ ...process.env, BUN_BE_BUN: '1', HF_TOKEN: 'abc' });
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
