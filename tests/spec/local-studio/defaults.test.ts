import { expect, test } from 'bun:test';
import { studioDefaults } from '../../../src/local-studio/defaults.ts';

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

test('the operator token lies in the folder of the data', () => {
  expect(studioDefaults(at('linux')).tokenFileIn('/data')).toBe('/data/operator-token');
  expect(studioDefaults(at('win32')).tokenFileIn('D:\\data')).toBe('D:\\data\\operator-token');
});
