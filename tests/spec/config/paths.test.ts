import { expect, test } from 'bun:test';
import { configCandidates, findConfig, siblingsOf } from '../../../src/config/paths.ts';

interface Machine {
  readonly platform: NodeJS.Platform;
  readonly homeDir?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

const on = ({ platform, homeDir = '/home/pat', variables = {} }: Machine) => ({
  platform,
  homeDir,
  get: (name: string) => variables[name],
});
const mac = on({ platform: 'darwin', homeDir: '/Users/pat' });
const windows = on({
  platform: 'win32',
  homeDir: 'C:\\Users\\pat',
  variables: { APPDATA: 'C:\\Users\\pat\\AppData\\Roaming' },
});
const MAC_PLACE = '/Users/pat/Library/Application Support/gg.minis.minis-studio-worker/config.toml';
const MAC_DOCUMENTED = '/Users/pat/.config/minis-studio-worker/config.toml';
const WINDOWS_PLACE = 'C:\\Users\\pat\\AppData\\Roaming\\minis\\minis-studio-worker\\config\\config.toml';
const WINDOWS_DOCUMENTED = 'C:\\Users\\pat\\AppData\\Roaming\\minis-studio-worker\\config.toml';

for (const [what, machine, place] of [
  ['Linux without variables', on({ platform: 'linux' }), '/home/pat/.config/minis-studio-worker/config.toml'],
  [
    'Linux with a config folder of its own',
    on({ platform: 'linux', variables: { XDG_CONFIG_HOME: '/etc/pat/' } }),
    '/etc/pat/minis-studio-worker/config.toml',
  ],
  [
    'Linux with a relative config folder',
    on({ platform: 'linux', variables: { XDG_CONFIG_HOME: 'pat' } }),
    '/home/pat/.config/minis-studio-worker/config.toml',
  ],
  ['macOS', mac, MAC_PLACE],
  ['Windows', windows, WINDOWS_PLACE],
  ['Windows without APPDATA', on({ platform: 'win32', homeDir: 'C:\\Users\\pat\\' }), WINDOWS_PLACE],
] as const) {
  test(`on ${what} the config file is where the platform keeps such files`, () => {
    expect(configCandidates(machine)[0]).toBe(place);
  });
}

for (const [what, machine, place, documented] of [
  ['macOS', mac, MAC_PLACE, MAC_DOCUMENTED],
  ['Windows', windows, WINDOWS_PLACE, WINDOWS_DOCUMENTED],
] as const) {
  test(`on ${what} the documented place is used when only that one exists`, async () => {
    expect(await findConfig(machine, (path) => path === documented)).toBe(documented);
    expect(await findConfig(machine, () => true)).toBe(place);
    expect(await findConfig(machine, () => Promise.resolve(false))).toBe(place);
  });
}

test('an account without a home folder gets the hint to name a config file', async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  findConfig(on({ platform: 'linux', homeDir: '' }), () => false).catch(resolve);
  expect(await promise).toMatchObject({ code: 'config.invalid', hint: 'Name the config file with `--config <path>`.' });
});

test('what belongs to a config file lies beside it, wherever it is', () => {
  expect(siblingsOf('/srv/w1/config.toml')).toEqual({
    folder: '/srv/w1',
    lock: '/srv/w1/daemon.lock',
    pid: '/srv/w1/daemon.pid',
    log: '/srv/w1/daemon.log',
    olderLogs: ['/srv/w1/daemon.log.1', '/srv/w1/daemon.log.2', '/srv/w1/daemon.log.3'],
    ui: '/srv/w1/ui.lock',
    uiPid: '/srv/w1/ui.pid',
    raise: '/srv/w1/ui.raise',
    localApi: '/srv/w1/local-api.json',
    catalogue: '/srv/w1/models.json',
    signIns: '/srv/w1/page-sessions.json',
    outbox: '/srv/w1/outbox',
    peaks: '/srv/w1/peaks.json',
    residency: '/srv/w1/residency.json',
    updateState: '/srv/w1/update-state.json',
    updates: '/srv/w1/updates',
  });
  expect(siblingsOf('C:\\w\\config.toml').lock).toBe('C:\\w\\daemon.lock');
  expect(siblingsOf('config.toml').outbox).toBe('./outbox');
  expect(siblingsOf('/config.toml')).toMatchObject({ folder: '/', lock: '/daemon.lock' });
});
