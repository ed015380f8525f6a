import { expect, test } from 'bun:test';
import { runProgram } from '../../../src/system/programs.ts';
import { within } from './temp-folder.ts';

const BUDGET_MS = 10_000;
const PART_BYTES = 1_000_000;
const env = { PATH: '/usr/bin:/bin' };

/** A program of the shell, what it said, and how far its input was asked for. */
function shell(script: string, makeInput?: () => AsyncIterable<Uint8Array>) {
  let said = '';
  const speaking = Promise.withResolvers<void>();
  const program = runProgram(['sh', '-c', script], {
    env,
    nice: 0,
    onOutput: (text) => {
      said += text;
      speaking.resolve();
    },
    onError: (text) => (said += text),
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
  const { ended, said, program, speaking } = shell('trap : USR1; sleep 1000 & echo asleep; wait; wc -c', parts);
  await within(BUDGET_MS, 'the program to sleep', speaking);
  await first.promise;
  expect(asked).toBe(1); // the pipe holds a fraction of a part
  program.killGroup('SIGUSR1');
  expect(await ended).toEqual({ is: 'exited', code: 0 });
  expect(said()).toBe(`asleep\n${20 * PART_BYTES}`);
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

test('a program that ends before its input is told no more, and its input is let go', async () => {
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
