import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DESKTOP_KEYS } from '../../../src/config/desktop-keys.ts';
import { configRows } from '../../fakes/config-rows.ts';
import { anLlmTask } from '../../fakes/builders.ts';
import type { FakeStudio } from '../../fakes/studio/fake-studio.ts';
import { command } from '../child.ts';
import { type LocalWorker, setup, setupStudio } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

/** What an operator does in an editor. */
async function edit({ folder }: Pick<LocalWorker, 'folder'>, change: (text: string) => string): Promise<void> {
  const path = join(folder, 'config.toml');
  await writeFile(path, change(await readFile(path, 'utf8')));
}

const heartbeatWith = (studio: FakeStudio, name: string, value: unknown) =>
  studio.until(`a heartbeat with ${name} ${String(value)}`, (event) => {
    if (event.is !== 'heard' || event.frame.type !== 'heartbeat') return false;
    return Object.entries(event.frame.capabilities).some(([key, found]) => key === name && found === value);
  });

test('an edited threshold reaches the studio without a restart', async () => {
  await using scene = await setup();
  await edit(scene.worker, (text) => text.replace(/vram_threshold_gb = .*/, 'vram_threshold_gb = 7.5'));
  await heartbeatWith(scene.studio, 'vramThresholdGb', 7.5);
  expect(scene.worker.status().vramThresholdGb).toBe(7.5);
  expect(scene.studio.events.filter(({ is }) => is === 'connected')).toHaveLength(1);
});

test('every live key has a reader in a running worker', async () => {
  await using scene = await setup();
  const followed: ReadonlySet<string> = scene.worker.config.followed;
  // Those of the desktop are read by the process with the icon.
  const rows = configRows().filter(({ key, applies }) => applies === 'unused' || !Object.hasOwn(DESKTOP_KEYS, key));
  expect(rows.filter(({ key, applies }) => applies === 'live' && !followed.has(key))).toEqual([]);
  expect(rows.filter(({ applies }) => applies === 'unused').map(({ key }) => key)).toEqual(['stream_port']);
});

test('claiming edited off stops offers, and edited on again lets them come', async () => {
  await using scene = await setup();
  await edit(scene.worker, (text) => text.replace('auto_enabled = true', 'auto_enabled = false'));
  await heartbeatWith(scene.studio, 'autoEnabled', false);
  const { id } = await scene.studio.createJob(anLlmTask());
  expect((await scene.studio.job(id)).state).toBe('queued');
  await edit(scene.worker, (text) => text.replace('auto_enabled = false', 'auto_enabled = true'));
  await scene.studio.jobIs(id, 'completed');
});

test('a broken edit is refused with its place, and the config in force stays', async () => {
  await using scene = await setup();
  const good = await readFile(join(scene.worker.folder, 'config.toml'), 'utf8');
  await edit(scene.worker, (text) => text.replace(/vram_threshold_gb = .*/, 'vram_threshold_gb = = 7'));
  const { fields } = await scene.worker.logged('config.edit-ignored');
  expect(fields).toMatchObject({ code: 'config.invalid' });
  expect(String(fields['because'])).toContain('^');
  expect(scene.worker.status().vramThresholdGb).toBe(12);
  await edit(scene.worker, () => good.replace(/vram_threshold_gb = .*/, 'vram_threshold_gb = 3.0'));
  await heartbeatWith(scene.studio, 'vramThresholdGb', 3);
});

test('an edit that counts from the next start is said to', async () => {
  await using scene = await setup();
  await edit(scene.worker, (text) => text.replace(/api_base_url = .*/, 'api_base_url = "https://elsewhere.example/"'));
  await scene.worker.until('the notice', () =>
    scene.worker.events.some(({ fields }) => JSON.stringify(fields['needsRestart']) === '["api_base_url"]'),
  );
  const { id } = await scene.studio.createJob(anLlmTask());
  await scene.studio.jobIs(id, 'completed');
});

test('credentials are saved for their owner alone, beside what the operator wrote', async () => {
  await using scene = await setupStudio();
  const worker = await scene.startWorker({ credentials: undefined });
  await worker.until('a saved request', () => worker.config.current.registration_request_id !== undefined);
  await edit(worker, (text) => `# mine\n${text}\nmy_own_key = "stays"\n`);
  await scene.studio.approve();
  await worker.live();
  const path = join(worker.folder, 'config.toml');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const text = await readFile(path, 'utf8');
  expect(text).toContain('my_own_key = "stays"');
  expect(text).toContain('# mine');
  expect(text).toMatch(/auth_token = ".+"/);
});

test('disable and enable reach a running worker at once', async () => {
  await using scene = await setupStudio();
  const child = await scene.spawnWorker();
  await child.logged('session.welcomed');
  const off = await command(child.folder, 'disable');
  expect(off).toMatchObject({ code: 0, out: 'claiming is off; applied to the running worker\n' });
  await heartbeatWith(scene.studio, 'autoEnabled', false);
  const { id } = await scene.studio.createJob(anLlmTask());
  expect((await command(child.folder, 'enable', '--json')).out).toContain('"workerTold": true');
  await scene.studio.jobIs(id, 'completed');
  expect(await readFile(child.configPath, 'utf8')).toContain('auto_enabled = true');
});

test('set-threshold reaches a running worker', async () => {
  await using scene = await setupStudio();
  const child = await scene.spawnWorker();
  await child.logged('session.welcomed');
  expect((await command(child.folder, 'set-threshold', '3.5')).code).toBe(0);
  await heartbeatWith(scene.studio, 'vramThresholdGb', 3.5);
});

test('status shows the live worker, its session and its jobs', async () => {
  await using scene = await setupStudio();
  const child = await scene.spawnWorker();
  await child.logged('session.welcomed');
  const { id } = await scene.studio.createJob(anLlmTask());
  await scene.studio.jobIs(id, 'completed');
  const { code, out } = await command(child.folder, 'status', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    registration: { state: 'approved' },
    worker: {
      pid: child.pid,
      enabled: true,
      session: { at: 'live' },
      recentJobs: [{ jobId: id, kind: 'llm', status: 'completed' }],
      outbox: { count: 0 },
    },
  });
});

test('a second run says who runs already and exits 0', async () => {
  await using scene = await setupStudio();
  const child = await scene.spawnWorker();
  await child.logged('session.welcomed');
  const { code, err } = await command(child.folder, 'run');
  expect(code).toBe(0);
  expect(err).toContain(`pid ${child.pid}`);
  expect(scene.studio.events.filter(({ is }) => is === 'connected')).toHaveLength(1);
});

test('a worker killed the hard way leaves no lock that its successor minds', async () => {
  await using scene = await setupStudio();
  const child = await scene.spawnWorker();
  await child.logged('session.welcomed');
  child.kill('SIGKILL');
  await child.exited;
  const next = await scene.spawnWorker({ folder: child.folder });
  await next.logged('session.welcomed');
  expect(JSON.parse((await command(child.folder, 'status', '--json')).out)).toMatchObject({
    worker: { pid: next.pid },
  });
});

test('a broken line with a secret in it is reported without the secret', async () => {
  await using scene = await setup();
  await edit(scene.worker, (text) => text.replace(/auth_token = .*/, 'auth_token = "brand-new-secret-token'));
  await scene.worker.logged('config.edit-ignored');
  expect(scene.worker.stderr()).not.toContain('brand-new-secret-token');
  const { err, code } = await command(scene.worker.folder, 'status');
  expect(code).toBe(78);
  expect(err).not.toContain('brand-new-secret-token');
});

test('a path that begins with ~ is in the account’s home folder', async () => {
  await using scene = await setup({ config: { models_root: '~/my-models' } });
  const { out } = await command(scene.worker.folder, 'status', '--json');
  expect(JSON.parse(out)).toMatchObject({ config: { modelsRoot: join(scene.worker.folder, 'my-models') } });
  expect(existsSync(join(scene.worker.folder, '~'))).toBe(false);
});

test('a disabled task kind leaves the next heartbeat, and can return', async () => {
  await using scene = await setup();
  const advertised = (isOn: boolean) =>
    scene.studio.until(
      `a heartbeat ${isOn ? 'with' : 'without'} llm`,
      (event) =>
        event.is === 'heard' &&
        event.frame.type === 'heartbeat' &&
        event.frame.capabilities.taskKinds.includes('llm') === isOn,
    );
  await advertised(true);
  await edit(scene.worker, (text) => `${text}\n[kinds]\nllm = false\n`);
  await advertised(false);
  const lines = scene.worker.events.filter(({ event }) => event === 'capabilities.advertised');
  expect(lines.at(-1)?.fields['kinds']).not.toContain('llm');
  const { id } = await scene.studio.createJob(anLlmTask());
  expect((await scene.studio.job(id)).state).toBe('queued');
  await edit(scene.worker, (text) => text.replace('llm = false', 'llm = true'));
  await scene.studio.jobIs(id, 'completed');
});
