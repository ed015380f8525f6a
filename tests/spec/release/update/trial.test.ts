import { expect, test } from 'bun:test';
import { toWorkerError } from '../../../../src/base/errors.ts';
import { startTrial, type Trial, trialLine, type TrialStep } from '../../../../src/release/update/trial.ts';
import type { ChildEnd } from '../../../../src/system/process/child.ts';
import { FakeClock, settle } from '../../../fakes/system/fake-clock.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

interface Scene {
  readonly trial: Trial;
  readonly clock: FakeClock;
  readonly heard: readonly string[];
  /** The child writes a line to its stdout. */
  say(line: string): void;
  reach(step: TrialStep): void;
  warn(text: string): void;
  exit(end: ChildEnd): void;
}

function setup(): Scene {
  const clock = new FakeClock();
  const heard: string[] = [];
  const ended = Promise.withResolvers<ChildEnd>();
  let say = (_line: string): void => {};
  let warn = (_text: string): void => {};
  const trial = startTrial({
    clock,
    start: (on) => {
      ({ line: say, error: warn } = on);
      return {
        write: (line) => void heard.push(line),
        ended: ended.promise,
        kill: () => ended.resolve({ is: 'killed', signal: 'SIGKILL' }),
      };
    },
  });
  const reach = (step: TrialStep): void => say(trialLine(step).trim());
  return { trial, clock, heard, say: (line) => say(line), reach, warn: (text) => warn(text), exit: ended.resolve };
}
const why = async (work: Promise<unknown>) => toWorkerError(await failureOf(work)).message;

test('a version that is ready, goes and serves has proven itself', async () => {
  const at = setup();
  at.reach('ready');
  await at.trial.ready;
  const serving = at.trial.serve(true);
  expect(at.heard).toEqual(['go\n']);
  at.reach('connecting');
  at.reach('served');
  await serving;
  const ending = at.trial.end();
  at.exit({ is: 'exited', code: 0 });
  await ending;
  expect(at.heard).toEqual(['go\n', 'end\n']);
});

test('one that hangs at its start fails after a minute', async () => {
  const at = setup();
  at.say('Loading…');
  at.say('{"trial":"unheard of"}');
  at.clock.advance(60_000);
  expect(await why(at.trial.ready)).toBe('the new version did not start within 1 min');
});

test('a trial that hangs after the hand-over fails in a minute and is killed', async () => {
  const at = setup();
  at.reach('ready');
  const failing = why(at.trial.serve(true));
  at.reach('connecting');
  at.clock.advance(60_000);
  expect(await failing).toBe('the new version did not serve within 1 min');
  const ending = at.trial.end();
  at.clock.advance(5_000);
  await ending;
});

test('a new version need only connect where the old one had no session', async () => {
  const at = setup();
  at.reach('ready');
  const serving = at.trial.serve(false);
  at.reach('connecting');
  await serving;
});

test('without a registration it is enough that it would register', async () => {
  const at = setup();
  at.reach('ready');
  const serving = at.trial.serve(true);
  at.reach('would-register');
  await serving;
});

test.each([
  [{ is: 'exited', code: 3 }, 'the new version exited with 3 before it served'],
  [{ is: 'killed', signal: 'SIGSEGV' }, 'the new version was killed by SIGSEGV before it served'],
] as const)('one that ends with %p fails at once, and keeps what it wrote', async (end, because) => {
  const at = setup();
  at.warn('cannot find module\n');
  at.exit(end);
  expect(await why(at.trial.ready)).toBe(because);
  expect(await why(at.trial.serve(true))).toBe(because);
  expect(at.trial.output()).toBe('cannot find module\n');
});

test('of a flood of output only the end is kept', async () => {
  const at = setup();
  for (let count = 0; count < 1_000; count++) at.warn('x'.repeat(1_000));
  at.warn('the end');
  expect(at.trial.output()).toHaveLength(8_000);
  expect(at.trial.output()).toEndWith('the end');
  at.reach('ready');
  await settle();
});
