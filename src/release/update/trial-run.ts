import { WorkerError } from '../../base/errors.ts';
import { pause } from '../../base/pause.ts';
import { SECOND_MS } from '../../base/units.ts';
import type { Clock } from '../../system/clock.ts';
import type { Lock } from '../../system/disk/lock.ts';
import type { LineParent } from '../../system/process/line-parent.ts';
import { trialLine, type TrialStep } from './trial.ts';

/** What the one who tries a new version wants of it: it takes no job, and says how far it has come. */
export interface TrialPart {
  /**
   * Settles when the old worker has let go of everything that belongs to one worker alone.
   *
   * @throws WorkerError `job.cancelled` when the trial is over | `worker.already-running`
   */
  clearance(): Promise<void>;
  report(step: TrialStep): void;
}

/** The new version's side of its trial. */
export interface TrialRun extends Disposable {
  readonly part: TrialPart;
  /** Calls back when the trial is over, one way or the other; at once when it is. */
  onEnd(call: () => void): void;
}

/** The old version, and the lock that it lets go of. */
export interface TrialRunDeps {
  readonly parent: LineParent;
  readonly acquire: () => Promise<Lock>;
  readonly clock: Pick<Clock, 'elapsed' | 'after'>;
}

/** The old worker drops its lock before it says so; only another worker could still have it. */
const LOCK_WITHIN_MS = 5 * SECOND_MS;
const LOCK_RETRY_MS = 20;

/** Listens to the old version from now on, until disposed. */
export function runTrial(deps: TrialRunDeps): TrialRun {
  const { parent } = deps;
  const go = Promise.withResolvers<void>();
  const over = new AbortController();
  parent.onLine((line) => {
    if (line === 'go') go.resolve();
    if (line === 'end') over.abort();
  });
  void parent.gone.then(() => over.abort());
  over.signal.addEventListener('abort', () => go.reject(new WorkerError('job.cancelled', 'the trial is over')));
  go.promise.catch(() => {}); // the part that awaits clearance gets the rejection
  let release = (): void => {};
  return {
    part: {
      async clearance() {
        parent.write(trialLine('ready'));
        await go.promise;
        release = await lockFrom(deps, over.signal);
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

async function lockFrom({ acquire, clock }: TrialRunDeps, signal: AbortSignal): Promise<() => void> {
  for (const untilMs = clock.elapsed() + LOCK_WITHIN_MS; ;) {
    const lock = await acquire();
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
