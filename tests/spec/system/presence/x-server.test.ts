import { expect } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { systemClock } from '../../../../src/system/clock.ts';
import { x11Source } from '../../../../src/system/presence/x11.ts';
import { needs } from '../../../needs.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import { xServer } from '../../../fakes/system/x-server.ts';

/** The idle time of a real X server. */
async function setup() {
  const server = await xServer();
  const idleMs = (variables: Readonly<Record<string, string>> = {}): Promise<number> => {
    const all: Readonly<Record<string, string>> = { ...server.variables, ...variables };
    const environment = { get: (name: string) => all[name], homeDir: server.folder.path, hostName: 'rig-01' };
    return x11Source(environment, { clock: systemClock, limitMs: 5_000 }).idleMs();
  };
  const input = (...args: readonly string[]): Promise<void> => server.run('xdotool', ...args);
  return Object.assign(server, { idleMs, input });
}

const xTest = needs('Xvfb', 'xdotool');

xTest('the X server reports a growing idle time, which a moved pointer ends', async () => {
  await using x = await setup();
  await x.input('mousemove', '10', '10');
  let longestMs = 0;
  while (longestMs < 300) longestMs = await x.idleMs();
  await x.input('mousemove', '20', '20');
  expect(await x.idleMs()).toBeLessThan(longestMs);
});

xTest('a display that asks for a cookie does not admit a worker without it', async () => {
  await using x = await setup();
  const failure = await failureOf(x.idleMs({ XAUTHORITY: x.folder.at('nothing') }));
  expect(failure).toMatchObject({ message: expect.stringContaining('the display does not admit us: ') });
});

xTest('the cookie is found in the home folder where no variable names it', async () => {
  await using x = await setup();
  await writeFile(x.folder.at('.Xauthority'), await Bun.file(x.folder.at('authority')).bytes());
  expect(await x.idleMs({ XAUTHORITY: '' })).toBeGreaterThanOrEqual(0);
});
