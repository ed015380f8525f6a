import { expect, setDefaultTimeout } from 'bun:test';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { goneSoon } from '../../fakes/system/gone.ts';
import { xServer } from '../../fakes/system/x-server.ts';
import { needs } from '../../needs.ts';
import { TEST_MS } from '../wait-for.ts';
import { desktop, eventually } from './desktop.ts';

setDefaultTimeout(2 * TEST_MS);

/** A desktop whose browser is a real Chromium on a display of its own, and what is to be seen there. */
async function realDesktop() {
  const stack = new AsyncDisposableStack();
  const at = stack.use(await desktop());
  const server = stack.use(await xServer('1280x900x24'));
  const profile = at.folder.at('profile');
  const script = [
    '#!/bin/sh',
    `echo $$ >> ${at.folder.at('browsers')}`,
    'export PATH=/usr/bin:/bin',
    `exec chromium --no-sandbox --no-first-run --disable-dev-shm-usage --disable-gpu --user-data-dir=${profile} "$@"`,
  ];
  await writeFile(at.folder.at('bin/chromium'), `${script.join('\n')}\n`, { mode: 0o755 });
  stack.defer(async () => {
    const [first = ''] = readFileSync(at.folder.at('browsers'), 'utf8').split('\n'); // the others hand their page to it
    process.kill(Number(first), 'SIGTERM');
    await goneSoon(Number(first));
  });
  const nameOf = async (id: string): Promise<string> => (await server.ask('xdotool', 'getwindowname', id)).trim();
  return {
    ui: () => at.ui(server.variables),
    press: async (keys: string) => {
      const [id = ''] = await idsOf('studio-worker$');
      await server.run('xdotool', 'windowfocus', id, 'key', keys);
    },
    /** Another page in front of everything. */
    cover: () => server.run(at.folder.at('bin/chromium'), '--app=data:text/html,<title>another</title>'),
    windows: async () => await Promise.all((await idsOf('studio-worker$')).map(nameOf)),
    front: async () => {
      const found = await server.ask('xdotool', 'mousemove', '300', '300', 'getmouselocation', '--shell');
      return await nameOf(/^WINDOW=(\d+)$/m.exec(found)?.[1] ?? '');
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };

  async function idsOf(name: string): Promise<readonly string[]> {
    return (await server.ask('xdotool', 'search', '--onlyvisible', '--name', name)).split('\n').slice(0, -1);
  }
}

const windowTest = needs('dbus-daemon', 'Xvfb', 'xdotool', 'chromium');

windowTest('a second window command has one window in front, where it was', async () => {
  await using at = await realDesktop();
  const first = at.ui();
  const seen = (): string => first.err();
  const windowsAre = (...names: readonly string[]): Promise<void> =>
    eventually(names.join(), async () => (await at.windows()).join() === names.join(), seen);
  await windowsAre('Status · studio-worker');
  await at.press('ctrl+2');
  await windowsAre('Jobs · studio-worker');
  await at.cover();
  await eventually('another window in front', async () => (await at.front()) === 'another', seen);
  expect(await at.ui().exited).toBe(0);
  await eventually('the window in front', async () => (await at.front()) === 'Jobs · studio-worker', seen);
  await windowsAre('Jobs · studio-worker');
});
