import { expect, test } from 'bun:test';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { type ConfigChange, type ConfigStoreOptions, openConfigStore } from '../../../src/config/store.ts';
import { systemFiles } from '../../../src/system/disk/files.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { failureOf, tempFolder } from '../../fakes/system/temp-folder.ts';

const LEAST = '# mine\napi_base_url = "https://studio.lan"\nvram_threshold_gb = 6.5\n';

/** A config folder on the real disk; edits are reported by hand, so that nothing waits for a watcher. */
async function setup(text?: string) {
  const folder = await tempFolder();
  const path = folder.at('worker/config.toml');
  const log = recordingLogger();
  const secrets: string[] = [];
  const probes: number[] = [];
  const watched: (() => void)[] = [];
  const edit = async (next: string): Promise<void> => {
    await systemFiles.makeDir(folder.at('worker'));
    await writeFile(path, next);
  };
  if (text !== undefined) await edit(text);
  const open = (changed: Partial<ConfigStoreOptions> = {}) =>
    openConfigStore({
      path,
      files: systemFiles,
      folders: { homeDir: '/home/pat', tempDir: '/tmp' },
      log,
      detectVramGb: () => Promise.resolve(probes.push(0) && 0),
      watch: (_path, call) => {
        watched.push(call);
        return () => void watched.splice(0);
      },
      learnSecret: (secret) => secrets.push(secret),
      ...changed,
    });
  const read = (): Promise<string> => readFile(path, 'utf8');
  return {
    folder,
    path,
    log,
    secrets,
    probes,
    watched,
    edit,
    open,
    read,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test('without a file one is written with the defaults, owner-only', async () => {
  await using at = await setup();
  const store = await at.open();
  expect(store.isFresh).toBe(true);
  expect(store.current).toMatchObject({ api_base_url: 'https://studio.minis.gg/', vram_threshold_gb: 12 });
  expect(await at.read()).toContain('vram_threshold_gb = 12.0\n');
  if (process.platform !== 'win32') expect(((await stat(at.path)).mode & 0o777).toString(8)).toBe('600');
});

test('a read-only command sees the default config without writing it', async () => {
  await using at = await setup();
  const store = await at.open({ readOnly: true, detectVramGb: () => Promise.resolve(8) });
  expect(store).toMatchObject({ isFresh: true, current: { vram_threshold_gb: 8 } });
  expect(await systemFiles.stat(at.folder.at('worker'))).toBeUndefined();
});

for (const [detectedGb, thresholdGb] of [
  [8, 8],
  [7.99609375, 7.99],
  [24, 12],
  [0, 12],
] as const) {
  test(`a first config with ${detectedGb} GB of VRAM takes jobs up to ${thresholdGb} GB`, async () => {
    await using at = await setup();
    const store = await at.open({ detectVramGb: () => Promise.resolve(detectedGb) });
    expect(store.current.vram_threshold_gb).toBe(thresholdGb);
    expect((await at.open()).current.vram_threshold_gb).toBe(thresholdGb);
  });
}

test('an existing file is read as it is, never clamped and never touched', async () => {
  await using at = await setup(LEAST);
  const store = await at.open();
  expect(store.isFresh).toBe(false);
  expect(at.probes).toEqual([]);
  expect(await at.read()).toBe(LEAST);
});

test('a broken file stops the start and is left alone', async () => {
  await using at = await setup(`${LEAST}broken`);
  expect(await failureOf(at.open())).toMatchObject({ code: 'config.invalid', fields: { line: 4 } });
  expect(await at.read()).toBe(`${LEAST}broken`);
});

test('a file that cannot be read is named with the reason', async () => {
  await using at = await setup();
  await systemFiles.makeDir(at.path);
  expect(await failureOf(at.open())).toMatchObject({ code: 'config.invalid', fields: { path: at.path } });
});

const NOT_UTF8 = Buffer.concat([Buffer.from(`${LEAST}# gr`), Buffer.from([0xfc]), Buffer.from('n\n')]);

test('a config that is not UTF-8 is rejected with its line', async () => {
  await using at = await setup(LEAST);
  const store = await at.open();
  await writeFile(at.path, NOT_UTF8);
  const fault = { code: 'config.invalid', fields: { path: at.path, line: 4 } };
  expect(await failureOf(at.open())).toMatchObject(fault);
  expect(await failureOf(store.update({ auto_enabled: false }))).toMatchObject(fault);
  expect(await readFile(at.path)).toEqual(NOT_UTF8);
});

test('a device named as the config is refused instead of read for ever', async () => {
  await using at = await setup(LEAST);
  expect(await failureOf(at.open({ path: '/dev/zero' }))).toMatchObject({ code: 'config.invalid' });
});

test('an update changes its key and leaves the rest to the operator', async () => {
  await using at = await setup(LEAST);
  const store = await at.open();
  expect(await store.update({ vram_threshold_gb: 8 })).toEqual(store.current);
  expect(store.current.vram_threshold_gb).toBe(8);
  expect(await at.read()).toBe(LEAST.replace('6.5', '8.0'));
});

test('a home sign stays in the file when something else is saved', async () => {
  await using at = await setup(`${LEAST}models_root = "~/gguf"\n`);
  const store = await at.open();
  await store.update({ auto_enabled: false });
  expect(store.current.models_root).toBe('/home/pat/gguf');
  expect(await at.read()).toContain('models_root = "~/gguf"\n');
});

test('an edit made between two reads survives an update', async () => {
  await using at = await setup(LEAST);
  const store = await at.open();
  await at.edit(`${LEAST}outbox_max_gb = 5.0\nnote = "new"\n`);
  await store.update({ worker_id: 'w1' });
  expect(store.current).toMatchObject({ outbox_max_gb: 5, worker_id: 'w1' });
  expect(await at.read()).toBe(`${LEAST}outbox_max_gb = 5.0\nnote = "new"\nworker_id = "w1"\n`);
});

test('updates at the same moment all arrive', async () => {
  await using at = await setup(LEAST);
  const store = await at.open();
  await Promise.all([
    store.update({ worker_id: 'w1' }),
    store.update({ auth_token: 'hunter2' }),
    store.update({ auto_enabled: false }),
    store.update({ registration_secret: undefined }),
  ]);
  expect(store.current).toMatchObject({ worker_id: 'w1', auth_token: 'hunter2', auto_enabled: false });
  expect((await at.open()).current).toEqual(store.current);
});

test('an update while the file is broken is refused and breaks nothing more', async () => {
  await using at = await setup(LEAST);
  const store = await at.open();
  await at.edit('worker_id = "half');
  expect(await failureOf(store.update({ auto_enabled: false }))).toMatchObject({ code: 'config.invalid' });
  expect(await at.read()).toBe('worker_id = "half');
  expect(store.current.auto_enabled).toBe(true);
});

test('an update restores a file that somebody removed', async () => {
  await using at = await setup(LEAST);
  const store = await at.open();
  await systemFiles.remove(at.folder.at('worker'));
  await store.update({ worker_id: 'w1' });
  expect(await at.read()).toBe(`${LEAST}worker_id = "w1"\n`);
});

test('a save that fails is logged, returned, and changes nothing', async () => {
  await using at = await setup(LEAST);
  const full = { ...systemFiles, writeAtomic: () => Promise.reject(new Error('EROFS: read-only file system')) };
  const store = await at.open({ files: full });
  const failed = await failureOf(store.update({ auth_token: 'hunter2' }));
  expect(failed).toMatchObject({ code: 'config.not-saved', retryable: true });
  expect(at.log.find('config.save-failed')).toMatchObject({ level: 'error', fields: { path: at.path } });
  expect(store.current).not.toHaveProperty('auth_token');
  expect(await failureOf(store.update({ auth_token: 'hunter2' }))).toMatchObject({ code: 'config.not-saved' });
});

test('an update nobody could read back is not written', async () => {
  await using at = await setup(LEAST);
  const store = await at.open();
  expect(await failureOf(store.update({ vram_threshold_gb: -1 }))).toMatchObject({ code: 'config.invalid' });
  expect(await at.read()).toBe(LEAST);
});

async function setupWatched(text = LEAST) {
  const at = await setup(text);
  const store = await at.open();
  const changes: ConfigChange[] = [];
  store.onChange((_config, change) => changes.push(change));
  /** The operator saves the file, and the watcher says so. */
  const save = async (next: string): Promise<void> => {
    await at.edit(next);
    for (const call of at.watched) call();
    await store.reload();
  };
  return { ...at, store, changes, save, [Symbol.asyncDispose]: () => at[Symbol.asyncDispose]() };
}

test('an edit while running is applied, and what needs a restart is named', async () => {
  await using at = await setupWatched();
  await at.save(LEAST.replace('6.5', '10.0').replace('studio.lan', 'other.lan'));
  expect(at.store.current).toMatchObject({ vram_threshold_gb: 10, api_base_url: 'https://other.lan' });
  expect(at.changes).toEqual([
    { changedKeys: ['api_base_url', 'vram_threshold_gb'], needsRestart: ['api_base_url'], unused: [] },
  ]);
});

test('an edit of a key that nothing uses yet is reported as such', async () => {
  await using at = await setupWatched();
  await at.save(`${LEAST}stream_port = 4799\n`);
  expect(at.changes).toEqual([{ changedKeys: ['stream_port'], needsRestart: [], unused: ['stream_port'] }]);
});

test('a reader of a live key always gets the value in force', async () => {
  await using at = await setupWatched();
  const thresholdGb = at.store.live('vram_threshold_gb');
  await at.save(LEAST.replace('6.5', '10.0'));
  expect(thresholdGb()).toBe(10);
  expect([...at.store.followed]).toEqual(['vram_threshold_gb']);
});

test('a watcher is called with the new value of its key alone', async () => {
  await using at = await setupWatched();
  const seen: number[] = [];
  const unsubscribe = at.store.watch('keep_warm_secs', (seconds) => seen.push(seconds));
  await at.save(`${LEAST}auto_enabled = false\n`);
  await at.save(`${LEAST}keep_warm_secs = 7\n`);
  unsubscribe();
  await at.save(`${LEAST}keep_warm_secs = 8\n`);
  expect(seen).toEqual([7]);
});

test('an edit that leaves every value as it was is no change', async () => {
  await using at = await setupWatched();
  await at.save(`${LEAST}# a thought\nauto_start = true\n`);
  await at.store.update({ auto_enabled: true });
  expect(at.changes).toEqual([]);
});

test('an invalid edit keeps the last valid config and reports its position', async () => {
  await using at = await setupWatched();
  await at.save(LEAST.replace('6.5', 'lots'));
  expect(at.store.current.vram_threshold_gb).toBe(6.5);
  expect(at.log.find('config.edit-ignored')).toMatchObject({
    level: 'warn',
    fields: { code: 'config.invalid', line: 3, column: expect.any(Number) as number },
  });
  await at.save(LEAST.replace('6.5', '7.0'));
  expect(at.store.current.vram_threshold_gb).toBe(7);
});

test('a removed file keeps the last good config', async () => {
  await using at = await setupWatched();
  await systemFiles.remove(at.path);
  await at.store.reload();
  expect(at.store.current.vram_threshold_gb).toBe(6.5);
  expect(at.log.names()).toEqual(['config.edit-ignored']);
});

test('listeners receive our own updates too, until they unsubscribe', async () => {
  await using at = await setupWatched();
  const heard: boolean[] = [];
  const leave = at.store.onChange((config) => heard.push(config.auto_enabled));
  await at.store.update({ auto_enabled: false });
  leave();
  await at.store.update({ auto_enabled: true });
  expect(heard).toEqual([false]);
  expect(at.changes.length).toBe(2);
});

test('an update requested while another is announced waits its turn and ends', async () => {
  await using at = await setupWatched();
  const second = Promise.withResolvers<unknown>();
  const leave = at.store.onChange(() => {
    leave();
    second.resolve(at.store.update({ registration_secret: 'fresh' }));
  });
  await at.store.update({ install_id: 'i1' });
  expect(await second.promise).toMatchObject({ install_id: 'i1', registration_secret: 'fresh' });
});

test('every secret is learnt before anything about it is logged', async () => {
  await using at = await setupWatched(`${LEAST}auth_token = "hunter2"\n`);
  await at.save(`${LEAST}auth_token = "hunter3"\nregistration_secret = "hunter4"\n`);
  await at.store.update({ local_api_token: 'hunter5' });
  expect(new Set(at.secrets)).toEqual(new Set(['hunter2', 'hunter3', 'hunter4', 'hunter5']));
  expect(JSON.stringify(at.log.events)).not.toContain('hunter');
});

test('a closed store watches no more', async () => {
  await using at = await setupWatched();
  at.store.close();
  expect(at.watched).toEqual([]);
});

test('a memory ceiling with decimals is rejected and the file left alone', async () => {
  const text = `${LEAST}memory_max_gb = 24.5\n`;
  await using at = await setup(text);
  expect(await failureOf(at.open())).toMatchObject({
    code: 'config.invalid',
    message: expect.stringContaining('memory_max_gb takes a whole number from 4 to 1024'),
  });
  expect(await at.read()).toBe(text);
});

test('a memory ceiling out of bounds is warned about and kept in the file', async () => {
  await using at = await setup(`${LEAST}memory_max_gb = 2\n`);
  const store = await at.open();
  expect(store.current.memory_max_gb).toBe(32);
  expect(at.log.find('config.value-ignored')).toMatchObject({
    level: 'warn',
    fields: { key: 'memory_max_gb', value: 2 },
  });
  await store.update({ worker_id: 'w-1' });
  expect(await at.read()).toContain('memory_max_gb = 2\n');
  await at.edit(`${LEAST}memory_max_gb = 24\n`);
  await store.reload();
  expect(store.live('memory_max_gb')()).toBe(24);
});
