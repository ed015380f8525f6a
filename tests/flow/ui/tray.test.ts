import { expect, setDefaultTimeout } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { isAlive } from '../../../src/system/process/alive.ts';
import type { TrayIcon } from '../../../src/system/desktop/tray/tray.ts';
import { anLlmTask } from '../../fakes/builders.ts';
import { notificationServer } from '../../fakes/system/notification-server.ts';
import type { TrayWatcher } from '../../fakes/system/tray-watcher.ts';
import { needs } from '../../needs.ts';
import { TEST_MS, waitFor } from '../wait-for.ts';
import { desktop, eventually, type UiProcess } from './desktop.ts';

setDefaultTimeout(2 * TEST_MS);

const dbusTest = needs('dbus-daemon');

const iconIs = (icon: TrayIcon, watcher: TrayWatcher, ui: UiProcess): Promise<void> =>
  eventually(`the icon ${icon}`, async () => (await watcher.icon()) === icon, ui.err);

dbusTest('the icon follows its worker, and its menu steers and stops it', async () => {
  await using at = await desktop();
  using watcher = await at.watcher();
  const ui = at.ui({}, '--minimised');
  await iconIs('idle', watcher, ui);
  const pid = at.workerPid()!;
  expect(at.opened()).toEqual([]);
  await watcher.choose('Pause');
  await iconIs('paused', watcher, ui);
  await watcher.choose('Resume');
  await iconIs('idle', watcher, ui);
  await watcher.activate();
  await waitFor('a window', () => at.opened().length === 1, ui.err);
  expect(at.opened()[0]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?window#code=/);
  await watcher.choose('Quit and stop the worker');
  expect(await ui.exited).toBe(0);
  await waitFor('the end of the worker', () => !isAlive(pid), ui.err);
  expect(['daemon.pid', 'ui.lock', 'ui.pid'].filter((name) => existsSync(at.folder.at(name)))).toEqual([]);
});

dbusTest('the icon is red for as long as the studio is away', async () => {
  await using at = await desktop();
  using watcher = await at.watcher();
  const ui = at.ui({}, '--minimised');
  await iconIs('idle', watcher, ui);
  await at.studio.studio.stop();
  await iconIs('disconnected', watcher, ui);
  await at.studio.restart();
  await iconIs('idle', watcher, ui);
});

dbusTest('a second window command opens the window of the first, and ends', async () => {
  await using at = await desktop();
  using watcher = await at.watcher();
  const first = at.ui();
  await waitFor('a window', () => at.opened().length === 1, first.err);
  await iconIs('idle', watcher, first);
  const second = at.ui();
  expect(await second.exited).toBe(0);
  expect(second.out()).toBe('the icon that is there already brings its window to the front\n');
  await waitFor('the window again', () => at.opened().length === 2, first.err);
  const third = at.ui({}, '--minimised');
  expect(await third.exited).toBe(0);
  expect(watcher.registered).toHaveLength(1);
  first.kill('SIGKILL');
  await first.exited;
  const fourth = at.ui({}, '--minimised');
  await waitFor('an icon of the next one', () => watcher.registered.length === 2, fourth.err);
});

dbusTest('a stop signal takes the icon away and leaves the worker running', async () => {
  await using at = await desktop();
  using watcher = await at.watcher();
  const ui = at.ui({}, '--minimised');
  await iconIs('idle', watcher, ui);
  ui.kill('SIGTERM');
  expect(await ui.exited).toBe(0);
  expect(isAlive(at.workerPid()!)).toBe(true);
});

dbusTest('a worker that is killed turns the icon red until another runs', async () => {
  await using at = await desktop();
  using watcher = await at.watcher();
  const ui = at.ui({}, '--minimised');
  await iconIs('idle', watcher, ui);
  process.kill(at.workerPid()!, 'SIGKILL');
  await iconIs('disconnected', watcher, ui);
  expect((await watcher.menu())[0]).toMatchObject({ label: 'Worker not reachable', enabled: false });
  await watcher.choose('Open window');
  await iconIs('idle', watcher, ui);
});

dbusTest('the desktop tells of jobs that complete, once the config says so', async () => {
  await using at = await desktop();
  using watcher = await at.watcher();
  using server = await notificationServer(at.bus.path);
  const ui = at.ui({}, '--minimised');
  await iconIs('idle', watcher, ui);
  const first = await at.studio.createJob(anLlmTask());
  await at.studio.jobIs(first.id, 'completed');
  await appendFile(at.folder.at('config.toml'), 'notify_on_completion = true\n');
  await waitFor('the new setting', () => ui.err().includes('notify_on_completion'), ui.err);
  const second = await at.studio.createJob(anLlmTask());
  await at.studio.jobIs(second.id, 'completed');
  await waitFor('a notification', () => server.shown.length > 0, ui.err);
  expect(server.shown.map(({ title }) => title)).toEqual(['Chat completed']);
  server.click(1);
  await waitFor('a window', () => at.opened().length === 1, ui.err);
});

dbusTest('the entry of a login follows its keys while the icon is there', async () => {
  await using at = await desktop();
  using watcher = await at.watcher();
  const ui = at.ui({}, '--minimised');
  await iconIs('idle', watcher, ui);
  const entry = at.folder.at('autostart/studio-worker-ui.desktop');
  const config = at.folder.at('config.toml');
  const edit = async (from: string, to: string) =>
    await writeFile(config, (await readFile(config, 'utf8')).replace(from, to));
  await appendFile(config, 'icon_at_login = true\n');
  await waitFor('an entry', () => existsSync(entry), ui.err);
  expect(await readFile(entry, 'utf8')).toMatch(/^Exec=.* ui --minimised$/m);
  await appendFile(config, 'start_minimised = false\n');
  await waitFor('another entry', () => !readFileSync(entry, 'utf8').includes('--minimised'), ui.err);
  await edit('icon_at_login = true', 'icon_at_login = false');
  await waitFor('no entry', () => !existsSync(entry), ui.err);
});

dbusTest('uninstalling takes the icon out of the tray and its entry away', async () => {
  await using at = await desktop();
  using watcher = await at.watcher();
  expect(await at.command('ui', '--login', 'on')).toMatchObject({ code: 0, err: '' });
  const entry = at.folder.at('autostart/studio-worker-ui.desktop');
  expect(existsSync(entry)).toBe(true);
  const ui = at.ui({}, '--minimised');
  await iconIs('idle', watcher, ui);
  expect(await at.command('uninstall', '--yes')).toMatchObject({ code: 0 });
  expect(await ui.exited).toBe(0);
  expect(existsSync(entry)).toBe(false);
});

dbusTest('over ssh the address is printed, and nothing stays', async () => {
  await using at = await desktop();
  const ui = at.ui({ DISPLAY: '' });
  expect(await ui.exited).toBe(0);
  expect(ui.out()).toMatch(/open this address on this machine[^\n]*\nhttp:\/\/127\.0\.0\.1:\d+\/#code=\S+\n$/);
  expect(existsSync(at.folder.at('ui.lock'))).toBe(false);
});
