import { expect, test } from 'bun:test';
import { needs, POSIX } from '../../needs.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';

const MODULE = new URL('../../../src/system/output-queue.ts', import.meta.url).href;

/** A real process with a queue to its stdout; what it finds out goes to stderr, which the runtime writes by itself. */
function child(body: string) {
  const program = `
    const { createOutputQueue } = await import(${JSON.stringify(MODULE)});
    const note = (text) => process.stderr.write(text + '\\n');
    ${body}
  `;
  return Bun.spawn({
    cmd: [process.execPath, '-e', program],
    env: { PATH: process.env.PATH },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
}
const textOf = (stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> => new Response(stream).text();

test('texts arrive in order and whole, however slowly they are read', async () => {
  const pieces = 200;
  const { stdout, stderr } = child(`
    const queue = createOutputQueue(1);
    for (let at = 0; at < ${pieces}; at++) queue.write(String(at).padEnd(9_999, '.') + '\\n');
    note(await queue.drain());
  `);
  const lines = (await textOf(stdout)).trimEnd().split('\n');
  expect(lines.map((line) => Number.parseInt(line, 10))).toEqual(Array.from({ length: pieces }, (_, at) => at));
  expect(await textOf(stderr)).toBe('drained\n');
});

test('raw bytes are written unchanged and in order with text', async () => {
  const { stdout } = child(`
    const queue = createOutputQueue(1);
    queue.write('before ');
    queue.write(Uint8Array.of(0, 0xff, 0xfe, 10));
    queue.write('after');
    note(await queue.drain());
  `);
  const written = await new Response(stdout).bytes();
  expect([...written]).toEqual([...Buffer.from('before '), 0, 0xff, 0xfe, 10, ...Buffer.from('after')]);
});

needs(POSIX)('a pipe that nobody reads holds up neither the program nor its end', async () => {
  await using folder = await tempFolder();
  const pipe = folder.at('pipe');
  Bun.spawnSync(['mkfifo', pipe]);
  const program = child(`
    const { openSync } = await import('node:fs');
    const queue = createOutputQueue(openSync(${JSON.stringify(pipe)}, 'r+'));
    queue.write('x'.repeat(1 << 20));
    setImmediate(() => note('still running'));
    note(await queue.drain(20));
    process.exit(7);
  `);
  expect(await textOf(program.stderr)).toBe('still running\nstalled\n');
  expect(await program.exited).toBe(7);
});

test('an unread log loses its oldest lines and counts them', async () => {
  const program = child(`
    const queue = createOutputQueue(1, { maxPendingChars: 1_000 });
    for (let at = 0; at < 300; at++) queue.write('line ' + at + '\\n');
    await queue.drain();
  `);
  const lines = (await textOf(program.stdout)).trimEnd().split('\n');
  const [first = '', second = ''] = lines;
  const leftOut = Number(/^… (\d+) lines left out: nobody read them$/.exec(first)?.[1]);
  expect(second).toBe(`line ${leftOut}`);
  expect(lines.at(-1)).toBe('line 299');
  expect(leftOut + lines.length - 1).toBe(300);
});

test('a reader that goes away is no failure, and ends the writing', async () => {
  const program = child(`
    const queue = createOutputQueue(1);
    for (let at = 0; at < 20; at++) queue.write('x'.repeat(100_000));
    note(await queue.drain() + ' ' + String(queue.failure));
  `);
  const reader = program.stdout.getReader();
  await reader.read();
  await reader.cancel();
  expect(await textOf(program.stderr)).toBe('drained undefined\n');
  expect(await program.exited).toBe(0);
});

needs(POSIX)('a device that takes nothing is a failure with its reason', async () => {
  const program = child(`
    const { openSync } = await import('node:fs');
    const queue = createOutputQueue(openSync('/dev/full', 'w'));
    queue.write('lost');
    await queue.drain();
    note(queue.failure.code);
  `);
  expect(await textOf(program.stderr)).toBe('ENOSPC\n');
});
