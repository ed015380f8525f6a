import { expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { createAskProgram } from '../../../../src/system/process/ask-program.ts';
import { runProgram } from '../../../../src/system/process/programs.ts';
import { waitFor } from '../../../flow/wait-for.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { goneSoon } from '../../../fakes/system/gone.ts';
import { tempFolder, within } from '../../../fakes/system/temp-folder.ts';

const LIMIT_MS = 5_000;
const PATIENT_MS = 10_000;

function setup() {
  const clock = new FakeClock();
  const ask = createAskProgram(runProgram, clock);
  const options = { env: { PATH: '/usr/bin:/bin' }, limitMs: LIMIT_MS };
  return { clock, ask, options };
}

/** A program that starts a helper and hangs: its helper's process id, once it runs. */
function hanging(folder: { at(name: string): string }) {
  const pidFile = folder.at('pid');
  const helper = (): number => (existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0);
  return {
    command: ['/bin/sh', '-c', `/bin/sleep 600 & echo $! > "$0"; echo half; wait`, pidFile],
    started: async () => {
      await waitFor(
        'the helper to start',
        () => helper() > 0,
        () => 'not yet',
      );
      return helper();
    },
  };
}

test('a program’s answer has its output, last error and exit code', async () => {
  const { ask, options, clock } = setup();
  const answer = await ask(['/bin/sh', '-c', 'echo out; echo first >&2; echo last >&2; exit 3'], options);
  expect(answer).toEqual({ end: { is: 'exited', code: 3 }, output: 'out\n', lastError: 'first\nlast' });
  expect(clock.armed).toBe(0);
});

test('no more is kept of an output than allowed, from its beginning', async () => {
  const { ask, options } = setup();
  const flood = 'echo begin; i=0; while [ $i -lt 2000 ]; do echo "line $i"; i=$((i+1)); done';
  const { output, end } = await ask(['/bin/sh', '-c', flood], { ...options, maxCharacters: 8 });
  expect([output, end]).toEqual(['begin\nli', { is: 'exited', code: 0 }]);
});

test('a program that times out is killed with its children', async () => {
  await using folder = await tempFolder();
  const { ask, options, clock } = setup();
  const program = hanging(folder);
  const asking = ask(program.command, options);
  const helper = await program.started();
  clock.advance(LIMIT_MS);
  expect(await within(PATIENT_MS, 'the answer', asking)).toMatchObject({ end: { is: 'timed-out' } });
  await goneSoon(helper);
});

test('an abort kills a program with its children and rejects with its reason', async () => {
  await using folder = await tempFolder();
  const { ask, options, clock } = setup();
  const stop = new AbortController();
  const program = hanging(folder);
  const asking = ask(program.command, { ...options, signal: stop.signal }).catch((thrown: unknown) => thrown);
  const helper = await program.started();
  stop.abort(new Error('stopping'));
  expect(await within(PATIENT_MS, 'the answer', asking)).toBe(stop.signal.reason);
  await goneSoon(helper);
  expect(clock.armed).toBe(0);
});

test('a program that cannot be started is the error of the system', async () => {
  const { ask, options } = setup();
  const answer = ask(['/nowhere/at-all'], options).catch((thrown: unknown) => thrown);
  expect(await answer).toMatchObject({ code: 'ENOENT' });
});

test('a signal that has aborted already starts nothing', async () => {
  await using folder = await tempFolder();
  const { ask, options } = setup();
  const signal = AbortSignal.abort(new Error('stopped'));
  const answer = ask(['/bin/sh', '-c', `echo x > "$0"`, folder.at('trace')], { ...options, signal });
  expect(await answer.catch((thrown: unknown) => thrown)).toBe(signal.reason);
  expect(existsSync(folder.at('trace'))).toBe(false);
});
