import { expect, test } from 'bun:test';
import { asLines, asText, type ChildEnvironment, startChild } from '../../../../src/system/process/child.ts';
import { goneSoon } from '../../../fakes/system/gone.ts';
import { needs, POSIX } from '../../../needs.ts';
import { tempFolder, within } from '../../../fakes/system/temp-folder.ts';

const PATIENT_MS = 10_000;
const env: ChildEnvironment = { PATH: '/usr/bin:/bin' };
const onPosix = needs(POSIX);

/** A shell, what it printed, and a promise of its first output. */
function shell(script: string, ...args: readonly string[]) {
  const printed = { text: '' };
  const first = Promise.withResolvers<string>();
  const child = startChild(['/bin/sh', '-c', script, ...args], {
    env,
    stdout: asText((text) => {
      printed.text += text;
      first.resolve(text);
    }),
    stderr: 'ignore',
  });
  return { child, printed, first: first.promise, ended: within(PATIENT_MS, 'the child', child.ended) };
}

onPosix('what a child started is killed when the child ends by itself', async () => {
  const { first, ended } = shell('/bin/sleep 600 > /dev/null & echo $!');
  expect(await ended).toEqual({ is: 'exited', code: 0 });
  await goneSoon(Number(await first));
});

onPosix('killing the group reaches what the child started', async () => {
  const { child, first, ended } = shell('/bin/sleep 600 > /dev/null & echo $!; wait');
  const helper = Number(await first);
  child.killGroup('SIGKILL');
  expect(await ended).toEqual({ is: 'killed', signal: 'SIGKILL' });
  await goneSoon(helper);
  child.killGroup('SIGKILL'); // all of them have ended: nothing happens
});

onPosix('all output of a child is read before its end is reported', async () => {
  const { printed, ended } = shell('i=0; while [ $i -lt 5000 ]; do echo "line $i"; i=$((i+1)); done; exit 3');
  expect(await ended).toEqual({ is: 'exited', code: 3 });
  expect(printed.text.trim().split('\n')).toHaveLength(5_000);
});

needs('setsid')('a child’s end is reported though a runaway process holds its pipe', async () => {
  await using folder = await tempFolder();
  const leave = `setsid /bin/sh -c 'echo $$ > "$0"; exec /bin/sleep 600' "$0" & while [ ! -s "$0" ]; do :; done`;
  const { ended } = shell(leave, folder.at('pid'));
  expect(await ended).toEqual({ is: 'exited', code: 0 });
  process.kill(Number(await Bun.file(folder.at('pid')).text()), 'SIGKILL');
});

test('a command that does not exist is the error of the system', () => {
  const start = (): unknown => startChild(['/nowhere/at-all'], { env, stdout: 'ignore', stderr: 'ignore' });
  expect(start).toThrow(expect.objectContaining({ code: 'ENOENT' }));
});

test('a child that has ended takes no more messages', async () => {
  const command = [process.execPath, '-e', 'process.disconnect()'];
  const channel = { onMessage: () => {}, onClose: () => {} };
  const child = startChild(command, { env, stdout: 'ignore', stderr: 'ignore', channel });
  await within(PATIENT_MS, 'the child', child.ended);
  expect(child.send({ do: 'anything' })).toBe(false);
});

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The lines of an output that comes in these pieces. */
async function linesOf(...pieces: readonly (string | Uint8Array)[]): Promise<readonly string[]> {
  const lines: string[] = [];
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(typeof piece === 'string' ? encode(piece) : piece);
      controller.close();
    },
  });
  await asLines((line) => lines.push(line))(stream);
  return lines;
}

test('lines are separated however they are cut, the last without an end', async () => {
  expect(await linesOf('one\ntw', 'o\r\n', '\n  \n', 'three')).toEqual(['one', 'two', 'three']);
});

test('a character that is cut between two pieces is still one', async () => {
  const [first, second] = [new Uint8Array([0xc3]), new Uint8Array([0xb6, 0x0a])];
  expect(await linesOf(first, second)).toEqual(['ö']);
});

test('an endless line is cut, and the next line is read whole', async () => {
  const lines = await linesOf(...Array<string>(100).fill('x'.repeat(1_000)), '\nnext\n');
  expect([lines.length, (lines[0] ?? '').length, lines[1]]).toEqual([2, 500, 'next']);
});
