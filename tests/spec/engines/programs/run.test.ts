import { expect, test } from 'bun:test';
import { type ProgramStart, runWatched, startWatched } from '../../../../src/engines/programs/run.ts';
import { childEnvironment, processVariables } from '../../../../src/system/process/processes.ts';
import { runProgram } from '../../../../src/system/process/programs.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { failureOf, within } from '../../../fakes/system/temp-folder.ts';

const STALL_MS = 60_000;
const GRACE_MS = 300;
const BUDGET_MS = 10_000;

/** A shell script as a program whose every line is progress. */
function setup(script: string, choice: Partial<ProgramStart> = {}) {
  const clock = new FakeClock();
  const tools = { run: runProgram, clock, nice: 0 };
  const printed = Promise.withResolvers<void>();
  const start: ProgramStart = {
    name: 'tool',
    command: ['sh', '-c', script],
    env: childEnvironment(processVariables()),
    stallMs: STALL_MS,
    graceMs: GRACE_MS,
    readOutput: (moved) => () => {
      moved();
      printed.resolve();
    },
    onError: () => {},
    ...choice,
  };
  return {
    clock,
    start: () => startWatched(start, tools),
    run: (signal = new AbortController().signal) => runWatched(start, tools, signal),
    printed: () => within(BUDGET_MS, 'the first output', printed.promise),
  };
}

test('a program that makes no progress for too long is ended and blamed', async () => {
  const program = setup('echo ready; exec sleep 1000');
  const failure = failureOf(program.run());
  await program.printed();
  program.clock.advance(STALL_MS);
  expect(await within(BUDGET_MS, 'the end', failure)).toMatchObject({
    code: 'engine.stalled',
    message: 'tool made no progress for 1 min and was ended',
  });
  expect(program.clock.armed).toBe(0);
});

test('an idle program may be silent for ever, whatever it printed last', async () => {
  const program = setup('echo ready; exec sleep 1000');
  const running = program.start();
  running.pause();
  await program.printed(); // counts as progress, and yet nothing is asked of it
  program.clock.advance(10 * STALL_MS);
  expect([running.ending, running.stall, program.clock.armed]).toEqual([false, undefined, 0]);
  running.resume();
  program.clock.advance(STALL_MS);
  expect([running.ending, running.stall?.code]).toEqual([true, 'engine.stalled']);
  await within(BUDGET_MS, 'the end', running.ended);
});

test('a program that ignores the request to end is killed after its grace', async () => {
  const program = setup("trap '' TERM; echo ready; while :; do read line || sleep 1; done");
  const abort = new AbortController();
  const failure = failureOf(program.run(abort.signal));
  await program.printed();
  abort.abort(new Error('cancelled'));
  program.clock.advance(GRACE_MS);
  expect(await within(BUDGET_MS, 'the end', failure)).toEqual(new Error('cancelled'));
});

test('what making the input failed with is what the run fails with', async () => {
  async function* input() {
    yield new TextEncoder().encode('one\n');
    throw new Error('no second line');
  }
  const program = setup('cat', { input: input() });
  expect(await within(BUDGET_MS, 'the end', failureOf(program.run()))).toEqual(new Error('no second line'));
  expect(program.clock.armed).toBe(0);
});

test('a program that cannot be started fails by code and leaves no timer', async () => {
  const program = setup('', { command: ['/no/such/program'] });
  expect(await failureOf(program.run())).toMatchObject({
    code: 'engine.failed',
    message: 'tool could not be started',
  });
  expect(program.clock.armed).toBe(0);
});
