import { expect, test } from 'bun:test';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMain } from '../../fakes/run-main.ts';

/** The program beside a config file of its own. */
async function setup(text: string) {
  const home = await mkdtemp(join(tmpdir(), 'studio-worker-flow-config-'));
  const path = join(home, 'config.toml');
  await writeFile(path, text);
  const own = { PATH: process.env['PATH'] ?? '', HOME: home, XDG_CONFIG_HOME: home, XDG_RUNTIME_DIR: home };
  const run = (argv: readonly string[], variables: Readonly<Record<string, string>> = {}) =>
    runMain(['--config', path, ...argv], { ...own, ...variables });
  const file = (): Promise<string> => readFile(path, 'utf8');
  return { run, file, [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }) };
}

test('one key is set, read and unset without touching the file’s rest', async () => {
  await using at = await setup('# mine\nkeep_warm_secs = 60 # a minute\n');
  expect(await at.run(['config', 'set', 'keep_warm_secs', '5'])).toEqual({
    code: 0,
    out: 'keep_warm_secs = 5\n',
    err: '',
  });
  expect(await at.file()).toBe('# mine\nkeep_warm_secs = 5 # a minute\n');
  expect((await at.run(['config', 'get', 'keep_warm_secs'])).out).toBe('5\n');
  expect((await at.run(['config', 'unset', 'keep_warm_secs'])).out).toBe('keep_warm_secs = 300\n');
  expect(await at.file()).toBe('# mine\n');
});

test('one task kind is switched by name without touching the table’s rest', async () => {
  await using at = await setup('# mine\n\n[kinds]\nvideo = false # too slow here\n');
  const set = await at.run(['config', 'set', 'kinds.mesh', 'false']);
  expect(set).toEqual({ code: 0, out: 'kinds.mesh = false\n', err: '' });
  expect(await at.file()).toBe('# mine\n\n[kinds]\nvideo = false # too slow here\nmesh = false\n');
  expect((await at.run(['config', 'get', 'kinds.mesh'])).out).toBe('false\n');
  expect((await at.run(['config', 'get', 'kinds.llm', '--json'])).out).toContain('"value": true');
  expect((await at.run(['config', 'unset', 'kinds.mesh'])).out).toBe('kinds.mesh = true\n');
  expect(await at.file()).toBe('# mine\n\n[kinds]\nvideo = false # too slow here\n');
  const { code, err } = await at.run(['config', 'set', 'kinds.mehs', 'false']);
  expect({ code, err }).toEqual({ code: 64, err: expect.stringContaining('did you mean mesh?') });
});

test('what the environment sets of the kinds is not written into the file', async () => {
  await using at = await setup('');
  await at.run(['config', 'set', 'kinds.mesh', 'false'], { STUDIO_WORKER_KINDS: '{ video = false }' });
  expect(await at.file()).toContain('[kinds]\nmesh = false\n');
  expect(await at.file()).not.toContain('video');
});

test('a value that the key does not take leaves the file as it is', async () => {
  await using at = await setup('vram_threshold_gb = 6.0\n');
  const { code, err } = await at.run(['config', 'set', 'vram_threshold_gb', 'lots']);
  expect({ code, err }).toEqual({ code: 78, err: expect.stringContaining('vram_threshold_gb takes a number') });
  expect(await at.file()).toBe('vram_threshold_gb = 6.0\n');
});

test('a key that is not set and has no default exits with 1', async () => {
  await using at = await setup('');
  expect(await at.run(['config', 'get', 'models_max_gb'])).toEqual({ code: 1, out: '', err: '' });
});

test('a secret is set but never shown', async () => {
  await using at = await setup('');
  const { code, out, err } = await at.run(['config', 'set', 'auth_token', 'hunter2']);
  expect({ code, out, err }).toEqual({ code: 0, out: 'auth_token = "[redacted]"\n', err: '' });
  expect((await at.run(['config', 'get', 'auth_token', '--json'])).out).toContain('"value": "[redacted]"');
  expect(await at.file()).toContain('auth_token = "hunter2"');
});

test('a variable overrides the file, and commands say so', async () => {
  await using at = await setup('vram_threshold_gb = 6.0\n');
  const variables = { STUDIO_WORKER_VRAM_THRESHOLD_GB: '3' };
  expect((await at.run(['config', 'get', 'vram_threshold_gb'], variables)).out).toBe('3\n');
  const shown = await at.run(['config'], variables);
  expect(shown.out).toContain('# vram_threshold_gb is set by STUDIO_WORKER_VRAM_THRESHOLD_GB\n');
  const changed = await at.run(['config', 'set', 'vram_threshold_gb', '4'], variables);
  expect(changed.out).toContain('STUDIO_WORKER_VRAM_THRESHOLD_GB is set and overrides the file\n');
  expect(await at.file()).toBe('vram_threshold_gb = 4.0\n');
});

test('a misspelt key is warned about with the key that was meant', async () => {
  await using at = await setup('vram_treshold_gb = 6.0\n');
  const { code, err } = await at.run(['status']);
  expect(code).toBe(0);
  expect(err).toContain('vram_treshold_gb is not a key of the config. Did you mean vram_threshold_gb?');
});
