import { expect, test } from 'bun:test';
import { configPathOf, registrationStore } from '../../../src/compose/config.ts';
import { realEffects } from '../../../src/compose/effects.ts';
import { studioDefaults } from '../../../src/compose/commands/studio-defaults.ts';
import { openConfigStore } from '../../../src/config/store.ts';
import { MemoryFiles } from '../../fakes/system/memory-files.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';

const REAL = realEffects();
const at = (platform: NodeJS.Platform, variables: Readonly<Record<string, string>> = {}) => ({
  platform,
  homeDir: platform === 'win32' ? 'C:\\Users\\ada' : '/home/ada',
  cwd: '/somewhere',
  get: (name: string) => variables[name],
});

test.each([
  ['linux', {}, '/home/ada/.local/share/studio-worker/studio'],
  ['linux', { XDG_DATA_HOME: '/data' }, '/data/studio-worker/studio'],
  ['linux', { XDG_DATA_HOME: 'relative' }, '/home/ada/.local/share/studio-worker/studio'],
  ['darwin', {}, '/home/ada/Library/Application Support/studio-worker/studio'],
  ['win32', { LOCALAPPDATA: 'D:\\Local' }, 'D:\\Local\\studio-worker\\studio'],
  ['win32', {}, 'C:\\Users\\ada\\AppData\\Local\\studio-worker\\studio'],
] as const)('the studio of a %s machine with %o keeps its data in %s', (platform, variables, dataDir) => {
  expect(studioDefaults(at(platform, variables)).dataDir).toBe(dataDir);
});

test('an account without a home keeps the studio where it was started', () => {
  const { dataDir } = studioDefaults({ ...at('linux'), homeDir: '' });
  expect(dataDir).toBe('/somewhere/.local/share/studio-worker/studio');
});

test.each([
  ['/etc/worker.toml', '/etc/worker.toml'],
  ['C:\\worker.toml', 'C:\\worker.toml'],
  ['worker.toml', '/somewhere/worker.toml'],
])('the config named %s is %s whatever folder the worker is in later', async (named, path) => {
  const environment = { ...REAL.environment, cwd: '/somewhere' };
  expect(await configPathOf(named, { ...REAL, environment })).toBe(path);
});

test('registration finds what it saved under the keys of the file', async () => {
  const files = new MemoryFiles();
  const config = await openConfigStore({
    path: '/c/config.toml',
    files,
    folders: REAL.environment,
    log: recordingLogger(),
    detectVramGb: () => Promise.resolve(0),
  });
  const store = registrationStore(config);
  await store.save({ installId: 'i', workerId: 'w-1', authToken: 't', registrationSecret: undefined });
  expect(store.read()).toMatchObject({ installId: 'i', workerId: 'w-1', authToken: 't' });
  expect(new TextDecoder().decode(files.contents.get('/c/config.toml'))).toContain('worker_id = "w-1"');
  await store.save({ workerId: undefined, authToken: undefined });
  expect(store.read()).toMatchObject({ installId: 'i', workerId: undefined, authToken: undefined });
});
