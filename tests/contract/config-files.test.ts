import { expect, test } from 'bun:test';
import { readFile, stat } from 'node:fs/promises';
import { patchText, readConfig } from '../../src/config/read.ts';
import { openConfigStore } from '../../src/config/store.ts';
import { parseToml } from '../../src/config/toml.ts';
import { systemClock } from '../../src/system/clock.ts';
import { systemFiles } from '../../src/system/disk/files.ts';
import { createWatch } from '../../src/system/disk/watch.ts';
import { recordingLogger } from '../fakes/recording-logger.ts';
import { tempFolder, within } from '../fakes/system/temp-folder.ts';

const FOLDERS = { homeDir: '/home/pat', tempDir: '/tmp' };
const fileOf = (era: string): Promise<string> =>
  readFile(`${import.meta.dir}/../fixtures/config/worker-${era}.toml`, 'utf8');

const COMMON = { api_base_url: 'https://studio.minis.gg/', install_id: '0b0f3f4ad7a94f0a8f5b7a0c2f1d9e11' };
const ERAS = {
  '0.2': { worker_id: 'wkr_01HZX3', auth_token: 'era-0-2-token', models_root: '/home/pat/models' },
  '0.4.9': {
    vram_threshold_gb: 7.996094,
    auto_update_enabled: false,
    ws_reconnect_attempts: 5,
    local_api_port: 4787,
    registration_request_id: 'req_7',
    models_root: '/home/pat/models',
  },
  '0.4.13': { auto_start: true, auth_token: 'era-0-4-13-token', models_root: 'C:\\Users\\pat\\models' },
} as const;

for (const [era, expected] of Object.entries(ERAS)) {
  test(`a config file of worker ${era} loads as it is`, async () => {
    const config = readConfig(await fileOf(era), 'config.toml', FOLDERS);
    expect(config).toMatchObject({ ...COMMON, ...expected });
  });

  test(`a config file of worker ${era} keeps every line except the saved one`, async () => {
    const text = await fileOf(era);
    const saved = patchText(text, { vram_threshold_gb: 3 });
    expect(saved).toBe(text.replace(/vram_threshold_gb = .*/, 'vram_threshold_gb = 3.0'));
  });
}

test('a saved file still has the types that other versions demand', async () => {
  const text = patchText(await fileOf('0.4.9'), { vram_threshold_gb: 8, ws_reconnect_attempts: 0 });
  const reading = parseToml(text);
  // Whole numbers read as `bigint`: a threshold without a point would not load elsewhere.
  expect(reading).toMatchObject({ is: 'table', table: { vram_threshold_gb: 8, ws_reconnect_attempts: 0n } });
});

/** Two processes' worth of stores on one real file, one of them watching. */
async function setup() {
  const folder = await tempFolder();
  const path = folder.at('config.toml');
  const log = recordingLogger();
  const watch = createWatch(systemClock);
  const shared = { path, files: systemFiles, folders: FOLDERS, log, detectVramGb: () => Promise.resolve(8) };
  const worker = await openConfigStore({ ...shared, watch });
  const command = await openConfigStore(shared);
  const clear = async (): Promise<void> => {
    worker.close();
    await folder[Symbol.asyncDispose]();
  };
  return { path, worker, command, [Symbol.asyncDispose]: clear };
}

test('a config save is atomic and 0600, and survives a second writer', async () => {
  await using at = await setup();
  await at.command.update({ worker_id: 'w1' });
  await at.worker.update({ auth_token: 'hunter2' });
  expect(readConfig(await readFile(at.path, 'utf8'), at.path, FOLDERS)).toMatchObject({
    worker_id: 'w1',
    auth_token: 'hunter2',
  });
  if (process.platform !== 'win32') expect(((await stat(at.path)).mode & 0o777).toString(8)).toBe('600');
});

test('a running worker notices what a command saved', async () => {
  await using at = await setup();
  const noticed = Promise.withResolvers<boolean>();
  at.worker.onChange((config) => noticed.resolve(config.auto_enabled));
  await at.command.update({ auto_enabled: false });
  expect(await within(10_000, 'the worker to notice', noticed.promise)).toBe(false);
});
