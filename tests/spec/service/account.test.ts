import { expect, test } from 'bun:test';
import { type AccountFacts, accountName, configHome, managerFor } from '../../../src/service/account.ts';

const ada = (platform: NodeJS.Platform, variables: Record<string, string> = {}): AccountFacts => ({
  platform,
  homeDir: platform === 'win32' ? 'C:\\Users\\ada' : '/home/ada',
  userName: 'ada',
  userId: platform === 'win32' ? undefined : 501,
  get: (name) => variables[name],
});

test.each([
  ['linux', {}, '/home/ada/.config/systemd/user/'],
  ['linux', { XDG_CONFIG_HOME: '/settings//' }, '/settings/systemd/user/'],
  ['darwin', {}, '/home/ada/Library/LaunchAgents/'],
  ['win32', {}, 'C:\\Users\\ada\\AppData\\Roaming\\'],
  ['win32', { APPDATA: 'D:\\Roaming' }, 'D:\\Roaming\\'],
] as const)('on %s with %o the file of the service is below %s', (platform, variables, folder) => {
  expect(managerFor(ada(platform, variables)).path.startsWith(folder)).toBe(true);
});

test('a platform without a known service manager is told what to do instead', () => {
  expect(() => managerFor(ada('freebsd'))).toThrow(
    expect.objectContaining({ code: 'service.unsupported', hint: expect.stringContaining('`studio-worker run`') }),
  );
});

test('a relative folder for settings does not count', () => {
  expect(configHome(ada('linux', { XDG_CONFIG_HOME: 'settings' }))).toBe('/home/ada/.config');
});

test.each([
  ['its name', ada('linux'), 'ada'],
  ['its number where no name is known', { ...ada('linux'), userName: '' }, '501'],
  ['its domain and name on Windows', ada('win32', { USERDOMAIN: 'RIG-01' }), 'RIG-01\\ada'],
  ['its name alone on Windows without a domain', ada('win32'), 'ada'],
  ['its name alone elsewhere, whatever the domain', ada('linux', { USERDOMAIN: 'RIG-01' }), 'ada'],
] as const)('the tools of the system know an account by %s', (_what, account, name) => {
  expect(accountName(account)).toBe(name);
});
