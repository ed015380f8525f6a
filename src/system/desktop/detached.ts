import { isAbsolute } from 'node:path';
import { existsSync } from 'node:fs';
import { systemClock } from '../clock.ts';
import { type ChildEnvironment, startChild } from '../process/child.ts';

/** What became of a program that was started to go on without us. */
export type Detached = 'started' | 'missing' | 'failed';

/** Starts a program that outlives this one; what it prints goes nowhere. `missing`: there is no such program. */
export type StartDetached = (
  program: string,
  args: readonly string[],
  options: { readonly env: ChildEnvironment; readonly waitMs: number },
) => Promise<Detached>;

/** One that ends with a failure within `waitMs` did not do what it was started for; one that still runs then does. */
export const startDetached: StartDetached = async (program, args, { env, waitMs }) => {
  const isThere = isAbsolute(program) ? existsSync(program) : Bun.which(program) !== null;
  if (!isThere) return 'missing';
  try {
    const child = startChild([program, ...args], { env, stdout: 'ignore', stderr: 'ignore', leavesOthers: true });
    child.hold(false);
    const late = Promise.withResolvers<'started'>();
    const disarm = systemClock.after(waitMs, () => late.resolve('started'));
    const ended = child.ended.then((end) => (end.is === 'exited' && end.code === 0 ? 'started' : 'failed'));
    return await Promise.race([ended, late.promise]).finally(disarm);
  } catch {
    return 'failed'; // it is there and cannot be run, which the caller reports
  }
};
