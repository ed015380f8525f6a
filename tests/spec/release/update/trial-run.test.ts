import { expect, test } from 'bun:test';
import { toWorkerError } from '../../../../src/base/errors.ts';
import { runTrial } from '../../../../src/release/update/trial-run.ts';
import type { Lock } from '../../../../src/system/disk/lock.ts';
import { FakeClock, settle } from '../../../fakes/system/fake-clock.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

/** A new version on trial, whose parent is the test; the lock is held by another worker for so many attempts. */
function setup(heldFor = 0) {
  const clock = new FakeClock();
  const did: string[] = [];
  const gone = Promise.withResolvers<void>();
  let say = (_line: string): void => {};
  let attempts = 0;
  const run = runTrial({
    parent: {
      write: (text) => void did.push(text.trim()),
      onLine: (call) => void (say = call),
      gone: gone.promise,
      close: () => void did.push('close'),
    },
    async acquire(): Promise<Lock> {
      if (attempts++ < heldFor) return { is: 'taken', by: { pid: 42, since: undefined } };
      return { is: 'held', release: () => void did.push('release') };
    },
    clock,
  });
  return { run, clock, did, say: (line: string) => say(line), leave: () => gone.resolve() };
}

test('a new version waits for its turn, then holds the lock until it ends', async () => {
  const { run, did, say } = setup();
  const cleared = run.part.clearance();
  await settle();
  expect(did).toEqual(['{"trial":"ready"}']);
  say('go');
  await cleared;
  run.part.report('served');
  run[Symbol.dispose]();
  expect(did).toEqual(['{"trial":"ready"}', '{"trial":"served"}', 'release', 'close']);
});

test('a lock that is let go of a moment later is waited for', async () => {
  const { run, clock, say } = setup(2);
  const cleared = run.part.clearance();
  say('go');
  await settle();
  clock.advance(20);
  await settle();
  clock.advance(20);
  await cleared;
  expect(clock.armed).toBe(0);
});

test('a lock that another worker keeps ends the trial after five seconds', async () => {
  const { run, clock, say } = setup(Infinity);
  const cleared = failureOf(run.part.clearance());
  say('go');
  for (let passed = 0; passed <= 5_040; passed += 20) {
    await settle();
    clock.advance(20);
  }
  expect(toWorkerError(await cleared)).toMatchObject({
    code: 'worker.already-running',
    message: 'another worker (pid 42) holds the lock',
  });
});

test.each(['end', 'the end of the parent'])('a trial is over with %p', async (how) => {
  const { run, say, leave } = setup();
  const cleared = failureOf(run.part.clearance());
  let ends = 0;
  run.onEnd(() => ends++);
  if (how === 'end') say('end');
  else leave();
  expect(toWorkerError(await cleared).code).toBe('job.cancelled');
  run.onEnd(() => ends++); // it is over already
  expect(ends).toBe(2);
});
