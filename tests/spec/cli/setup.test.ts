import { expect, test } from 'bun:test';
import { runCli } from '../../../src/cli/cli.ts';
import { command } from '../../../src/cli/command.ts';
import { COMMANDS } from '../../../src/cli/commands/index.ts';
import type { ServiceControl } from '../../../src/cli/world/service.ts';
import { setup } from './a-world.ts';

const ui = command({ summary: 'Show the window of the worker', examples: ['studio-worker ui'], args: {} });
const WITH_WINDOW = { ...COMMANDS, ui: async () => ui };

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
  [true, [], ['prepare', 'install', 'login true']],
  [true, ['--headless'], ['prepare', 'install', 'login false']],
  [false, [], ['prepare', 'uninstall', 'login false']],
])('with auto_start %p, setup %p does %p once there is a window', async (autoStart, flags, expected) => {
  const { service, did } = aService();
  await using cli = await setup({ config: { autoStart }, world: { service: async () => service } });
  expect(await runCli(['setup', ...flags], cli.world, WITH_WINDOW)).toBe(0);
  expect([...did]).toEqual(expected);
});

test('without a window setup writes no entry for it', async () => {
  const { service, did } = aService();
  await using cli = await setup({ world: { service: async () => service } });
  const { ui: _window, ...others } = COMMANDS;
  expect(await runCli(['setup'], cli.world, others)).toBe(0);
  expect([...did]).toEqual(['prepare', 'install']);
});
