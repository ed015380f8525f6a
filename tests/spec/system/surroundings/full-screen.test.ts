import { expect } from 'bun:test';
import { systemClock } from '../../../../src/system/clock.ts';
import { linuxSurroundings } from '../../../../src/system/surroundings/linux.ts';
import { openDisplay } from '../../../../src/system/x11/display.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import { xServer } from '../../../fakes/system/x-server.ts';
import { needs } from '../../../needs.ts';

/** A display whose properties a test sets as a window manager would; its root stands for the window in front. */
async function setup() {
  const server = await xServer();
  const all: Readonly<Record<string, string>> = server.variables;
  const environment = { get: (name: string) => all[name], homeDir: server.folder.path, hostName: 'rig-01' };
  const options = { clock: systemClock, limitMs: 5_000 };
  const set = (name: string, format: string, value: string): Promise<void> =>
    server.run('xprop', '-root', '-f', name, format, '-set', name, value);
  const activate = async (): Promise<void> => {
    using display = await openDisplay(environment, options);
    await set('_NET_ACTIVE_WINDOW', '32x', `0x${display.root.toString(16)}`);
  };
  const { fullScreen } = linuxSurroundings(environment, options);
  return Object.assign(server, { set, activate, fullScreen });
}

const xTest = needs('Xvfb', 'xprop');

xTest('a window that fills the screen is told from one that does not', async () => {
  await using x = await setup();
  await x.activate();
  expect(await x.fullScreen()).toEqual({ is: 'windowed', source: 'X11' });
  await x.set('_NET_WM_STATE', '32a', '_NET_WM_STATE_MAXIMIZED_VERT');
  expect(await x.fullScreen()).toEqual({ is: 'windowed', source: 'X11' });
  await x.set('_NET_WM_STATE', '32a', '_NET_WM_STATE_FULLSCREEN');
  expect(await x.fullScreen()).toEqual({ is: 'full-screen', source: 'X11', program: '' });
});

xTest('no window in front fills no screen', async () => {
  await using x = await setup();
  await x.set('_NET_ACTIVE_WINDOW', '32x', '0x0');
  expect(await x.fullScreen()).toEqual({ is: 'windowed', source: 'X11' });
});

xTest('without a window manager nobody knows what is in front', async () => {
  await using x = await setup();
  expect(await failureOf(x.fullScreen())).toMatchObject({ message: expect.stringContaining('no window manager') });
});

xTest('a window that is gone meanwhile is no crash', async () => {
  await using x = await setup();
  await x.activate();
  await x.set('_NET_ACTIVE_WINDOW', '32x', '0x1fffff1');
  await x.set('_NET_WM_STATE', '32a', '_NET_WM_STATE_FULLSCREEN');
  expect(await failureOf(x.fullScreen())).toMatchObject({ message: expect.stringContaining('answers with error') });
});
