import { describe, expect, test } from 'bun:test';
import { colourDepth } from '../../../src/system/terminal.ts';
import { needs, POSIX } from '../../needs.ts';

const MODULE = new URL('../../../src/system/terminal.ts', import.meta.url).href;

/** A real process that writes more than a pipe holds, drains, and tells on the other pipe that it is still there. */
const WRITER = `
  const { openTerminal } = await import(${JSON.stringify(MODULE)});
  const terminal = openTerminal();
  for (let piece = 0; piece < 8; piece++) terminal.stdout.write('x'.repeat(65_535) + '\\n');
  await terminal.drain();
  terminal.stdout.write('one more');
  terminal.stderr.write([terminal.stdout.isTty, terminal.stdout.columns, terminal.stdout.colourDepth].join(' '));
  await terminal.drain();
  process.exit(7);
`;

function setup(environment: Readonly<Record<string, string>> = {}) {
  return Bun.spawn({
    cmd: [process.execPath, '-e', WRITER],
    env: { PATH: process.env.PATH, ...environment },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
}

const textOf = (stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> => new Response(stream).text();

test('everything written before an exit arrives once it was drained', async () => {
  const child = setup();
  const [written, said, code] = await Promise.all([textOf(child.stdout), textOf(child.stderr), child.exited]);
  expect(written.length).toBe(8 * 65_536 + 'one more'.length);
  expect(said).toBe('false 80 1');
  expect(code).toBe(7);
});

test('a reader that goes away ends the writing and not the process', async () => {
  const child = setup();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  expect(await textOf(child.stderr)).toBe('false 80 1');
  expect(await child.exited).toBe(7);
});

describe('colour', () => {
  const cases = [
    ['a terminal shows what it can', {}, true, 24, 24],
    ['a terminal of sixteen colours gets sixteen', {}, true, 4, 4],
    ['a terminal of 256 colours gets 256', {}, true, 8, 8],
    ['a terminal without colours gets none', {}, true, 1, 1],
    ['a pipe gets none', {}, false, 24, 1],
    ['a dumb terminal gets none', { TERM: 'dumb' }, true, 24, 1],
    ['NO_COLOR takes colour from a terminal', { NO_COLOR: '1' }, true, 24, 1],
    ['an empty NO_COLOR means nothing', { NO_COLOR: '' }, true, 8, 8],
    ['NO_COLOR beats FORCE_COLOR', { NO_COLOR: '1', FORCE_COLOR: '3' }, true, 24, 1],
    ['FORCE_COLOR gives colour to a pipe', { FORCE_COLOR: '' }, false, 1, 4],
    ['FORCE_COLOR=0 takes it from a terminal', { FORCE_COLOR: '0' }, true, 24, 1],
    ['FORCE_COLOR=3 asks for all of it', { FORCE_COLOR: '3' }, false, 1, 24],
  ] as const;
  test.each(cases)('%s', (_name, variables: Readonly<Record<string, string>>, isTty, shown, depth) => {
    expect(
      colourDepth(
        (name) => variables[name],
        isTty,
        () => shown,
      ),
    ).toBe(depth);
  });
});

const ASK = `
  const { openTerminal } = await import(${JSON.stringify(MODULE)});
  const terminal = openTerminal();
  terminal.stdout.write('drawn over: ' + terminal.stdout.isTty);
  await terminal.drain();
`;

needs(POSIX)('lines are redrawn on a terminal, except on a dumb one', async () => {
  const shown = async (term: string): Promise<string> => {
    let text = '';
    const decoder = new TextDecoder();
    const child = Bun.spawn([process.execPath, '-e', ASK], {
      env: { PATH: process.env.PATH, TERM: term },
      terminal: { cols: 80, rows: 24, data: (_terminal, bytes) => void (text += decoder.decode(bytes)) },
    });
    await child.exited;
    return text.trim();
  };
  expect(await shown('xterm')).toBe('drawn over: true');
  expect(await shown('dumb')).toBe('drawn over: false');
});
