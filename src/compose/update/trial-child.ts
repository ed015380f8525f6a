import { WorkerError } from '../../base/errors.ts';
import { pause } from '../../base/pause.ts';
import { SECOND_MS } from '../../base/units.ts';
import { TRIAL_VARIABLE, trialLine } from '../../release/update/trial.ts';
import { acquireLock } from '../../system/disk/lock.ts';
import { connectLineParent } from '../../system/process/line-parent.ts';
import { siblingsOf } from '../../config/paths.ts';
import type { Effects } from '../effects.ts';
import type { TrialPart } from '../../worker/rules/trial.ts';

/** The new version's side of its trial. */
export interface TrialRun extends Disposable {
  readonly part: TrialPart;
  /** Calls back when the trial is over, one way or the other; at once when it is. */
  onEnd(call: () => void): void;
}

/** The old worker drops its lock before it says so; only another worker could still have it. */
const LOCK_WITHIN_MS = 5 * SECOND_MS;
const LOCK_RETRY_MS = 20;

/** Undefined when this is a run like any other. */
export function openTrialRun(configPath: string, effects: Effects): TrialRun | undefined {
  if ((effects.environment.get(TRIAL_VARIABLE) ?? '') === '') return undefined;
  const parent = connectLineParent();
  const go = Promise.withResolvers<void>();
  const over = new AbortController();
  parent.onLine((line) => {
    if (line === 'go') go.resolve();
    if (line === 'end') over.abort();
  });
  void parent.gone.then(() => over.abort());
  over.signal.addEventListener('abort', () => go.reject(new WorkerError('job.cancelled', 'the trial is over')));
  go.promise.catch(() => {}); // whoever waits for clearance gets it
  let release = (): void => {};
  return {
    part: {
      async clearance() {
        parent.write(trialLine('ready'));
        await go.promise;
        release = await lockFor(configPath, effects, over.signal);
      },
      report: (step) => parent.write(trialLine(step)),
    },
    onEnd(call) {
      if (over.signal.aborted) call();
      else over.signal.addEventListener('abort', call, { once: true });
    },
    [Symbol.dispose]() {
      release();
      parent.close();
    },
  };
}

async function lockFor(
  configPath: string,
  { environment, clock }: Pick<Effects, 'environment' | 'clock'>,
  signal: AbortSignal,
): Promise<() => void> {
  for (const untilMs = clock.elapsed() + LOCK_WITHIN_MS; ;) {
    const lock = await acquireLock(siblingsOf(configPath).lock, { pid: environment.pid });
    if (lock.is === 'held') return () => lock.release();
    if (signal.aborted || clock.elapsed() > untilMs) {
      throw new WorkerError(
        'worker.already-running',
        `another worker (pid ${lock.by.pid ?? 'unknown'}) holds the lock`,
      );
    }
    await pause(clock, LOCK_RETRY_MS, signal);
  }
}
