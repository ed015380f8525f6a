import { expect, test } from 'bun:test';
import { runCli } from '../../../src/cli/cli.ts';
import type { ServiceControl } from '../../../src/cli/world/service.ts';
import { setup } from './a-world.ts';

/** A service that notes what is done to it. */
function aService(): { readonly service: ServiceControl; readonly did: readonly string[] } {
  const did: string[] = [];
  const note = (what: string) => async (): Promise<void> => void did.push(what);
  const service: ServiceControl = {
    manager: 'systemd',
    path: '/unit',
    prepare: note('prepare'),
    install: async () => {
      did.push('install');
      return { isolated: true };
    },
    uninstall: async () => {
      did.push('uninstall');
      return { removed: true, failures: [] };
    },
    syncLogin: async (enabled) => void did.push(`login ${enabled}`),
    state: async () => 'running',
    lingering: async () => 'on',
    enableLinger: note('linger'),
  };
  return { service, did };
}

test.each([
  [{ autoStart: true }, [], ['prepare', 'install', 'login true']],
  [{ autoStart: true }, ['--headless'], ['prepare', 'install', 'login false']],
  [{ autoStart: false }, [], ['prepare', 'uninstall', 'login false']],
  [{ iconAtLogin: false }, [], ['prepare', 'install', 'login false']],
])('with %p, setup %p does %p', async (config, flags, expected) => {
  const { service, did } = aService();
  await using cli = await setup({ config, world: { service: async () => service } });
  expect(await runCli(['setup', ...flags], cli.world)).toBe(0);
  expect([...did]).toEqual(expected);
});

test('setup notes that the icon starts at a login, and keeps a choice', async () => {
  await using fresh = await setup({ world: { service: async () => aService().service } });
  await fresh.run('setup');
  expect(fresh.saved).toEqual([{ iconAtLogin: true }]);
  await using chosen = await setup({
    config: { iconAtLogin: false },
    world: { service: async () => aService().service },
  });
  await chosen.run('setup');
  expect(chosen.saved).toEqual([]);
});

test('the icon at a login is switched on and off by one command', async () => {
  const { service, did } = aService();
  await using cli = await setup({ world: { service: async () => service } });
  await cli.run('ui', '--login', 'on');
  await cli.run('ui', '--login', 'off');
  expect([...did]).toEqual(['prepare', 'login true', 'prepare', 'login false']);
  expect(cli.saved).toEqual([{ iconAtLogin: true }, { iconAtLogin: false }]);
  expect(cli.out()).toBe('the icon starts in the tray at each login\nthe icon no longer starts at a login\n');
});
