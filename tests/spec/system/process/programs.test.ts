import { expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { runProgram } from '../../../../src/system/process/programs.ts';
import { tempFolder, within } from '../../../fakes/system/temp-folder.ts';

const BUDGET_MS = 10_000;
const PART_BYTES = 1_000_000;
const env = { PATH: '/usr/bin:/bin' };

/** A program of the shell, what it said, and how far its input was asked for. */
function shell(script: string, makeInput?: () => AsyncIterable<Uint8Array>, argument = '') {
  let said = '';
  const speaking = Promise.withResolvers<void>();
  const program = runProgram(['sh', '-c', script, argument], {
    env,
    nice: 0,
    onOutput: (text) => {
      said += text;
      speaking.resolve();
    },
    onError: () => {}, // a shell may report there how its own children end
    ...(makeInput !== undefined && { input: makeInput() }),
  });
  return {
    program,
    speaking: speaking.promise,
    said: () => said.trim(),
    ended: within(BUDGET_MS, 'the program', program.ended),
  };
}

test('a program without an input reads nothing', async () => {
  const { ended, said } = shell('wc -c');
  expect(await ended).toEqual({ is: 'exited', code: 0 });
  expect(said()).toBe('0');
});

test('a program is fed no faster than it reads, to the last byte', async () => {
  let asked = 0;
  const first = Promise.withResolvers<void>();
  async function* parts() {
    for (asked = 1; asked <= 20; asked++) {
      first.resolve();
      yield new Uint8Array(PART_BYTES);
    }
  }
  await using folder = await tempFolder();
  const gate = folder.at('gate');
  const { ended, said, speaking } = shell('mkfifo "$0"; echo waiting; cat "$0" > /dev/null; wc -c', parts, gate);
  await within(BUDGET_MS, 'the program to wait', speaking);
  await first.promise;
  expect(asked).toBe(1); // the pipe holds a fraction of a part
  await writeFile(gate, '');
  expect(await ended).toEqual({ is: 'exited', code: 0 });
  expect(said()).toBe(`waiting\n${20 * PART_BYTES}`);
});

test('an input that fails ends where it failed', async () => {
  async function* parts() {
    yield new Uint8Array(5);
    throw new Error('no more');
  }
  const { ended, said } = shell('wc -c', parts);
  expect(await ended).toEqual({ is: 'exited', code: 0 });
  expect(said()).toBe('5');
});

test('a program that ends before its input gets no more of it', async () => {
  const closed = Promise.withResolvers<void>();
  async function* parts() {
    try {
      for (;;) yield new Uint8Array(PART_BYTES);
    } finally {
      closed.resolve();
    }
  }
  const { ended } = shell('exit 3', parts);
  expect(await ended).toEqual({ is: 'exited', code: 3 });
  await within(BUDGET_MS, 'the input', closed.promise);
});
