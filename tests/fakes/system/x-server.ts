import { writeFile } from 'node:fs/promises';
import { tempFolder } from './temp-folder.ts';
import { authorityFile } from './x-authority.ts';

export const COOKIE = Buffer.from('00112233445566778899aabbccddeeff', 'hex');

/** A real X server that admits only who knows the cookie. It has no window manager. */
export async function xServer(screen = '640x480x8') {
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
    screen,
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
  const variables = { DISPLAY: display, XAUTHORITY: authority };
  /** Runs a program on that display. */
  const run = async (...command: readonly string[]): Promise<void> => {
    const child = Bun.spawn([...command], {
      env: { ...process.env, ...variables },
      stdout: 'ignore',
      stderr: 'inherit',
    });
    if ((await child.exited) !== 0) throw new Error(`${command.join(' ')} failed`);
  };
  /** What a program on that display prints; empty where it fails, as `xdotool` does without a match. */
  const ask = async (...command: readonly string[]): Promise<string> => {
    const env = { ...process.env, ...variables };
    const child = Bun.spawn([...command], { env, stdout: 'pipe', stderr: 'ignore' });
    const text = await new Response(child.stdout).text();
    return (await child.exited) === 0 ? text : '';
  };
  return { display, folder, variables, run, ask, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
