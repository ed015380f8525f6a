import { expect } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { systemClock } from '../../../../src/system/clock.ts';
import { x11Source } from '../../../../src/system/presence/x11.ts';
import { needs } from '../../../needs.ts';
import { failureOf, tempFolder } from '../../../fakes/system/temp-folder.ts';
import { authorityFile } from '../../../fakes/system/x-authority.ts';

const COOKIE = Buffer.from('00112233445566778899aabbccddeeff', 'hex');

/** A real X server that admits only who knows the cookie. */
async function setup() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const authority = folder.at('authority');
  await writeFile(authority, authorityFile([{ family: 65_535, address: '', display: '', data: COOKIE }]));
  const command = [
    'Xvfb',
    '-displayfd',
    '1',
    '-noreset',
    '-nolisten',
    'tcp',
    '-screen',
    '0',
    '640x480x8',
    '-auth',
    authority,
  ];
  const server = Bun.spawn(command, { stdout: 'pipe', stderr: 'ignore' });
  stack.defer(async () => {
    server.kill();
    await server.exited;
  });
  const { value } = await server.stdout.getReader().read();
  const display = `:${Buffer.from(value ?? [])
    .toString()
    .trim()}`;
  const idleMs = (variables: Readonly<Record<string, string>> = {}): Promise<number> => {
    const all: Readonly<Record<string, string>> = { DISPLAY: display, XAUTHORITY: authority, ...variables };
    const environment = { get: (name: string) => all[name], homeDir: folder.path, hostName: 'rig-01' };
    return x11Source(environment, { clock: systemClock, limitMs: 5_000 }).idleMs();
  };
  const input = async (...args: readonly string[]): Promise<void> => {
    const env = { ...process.env, DISPLAY: display, XAUTHORITY: authority };
    expect(await Bun.spawn(['xdotool', ...args], { env, stdout: 'ignore' }).exited).toBe(0);
  };
  return { idleMs, input, display, folder, [Symbol.asyncDispose]: () => stack.disposeAsync() };
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
