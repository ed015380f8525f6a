import { errorChain } from '../../base/errors.ts';
import type { JobId } from '../../base/ids.ts';
import { isOurs } from './ownership.ts';
import type { DeliveryDeps } from './deps.ts';
import type { OutboxEntry } from './entry.ts';
import { EXPIRED, UNREADABLE } from './outbox.ts';
import {
  backgroundPauseMs,
  concernsEveryResult,
  describeAnswer,
  meaningOf,
  retryAfterOf,
  type UploadAnswer,
} from './policy.ts';
import { upload } from './upload.ts';
import { logUnauthorized, type Reservation } from './foreground.ts';

/**
 * Retries the artifacts on disk, oldest first and one at a time, in rounds: at start, at each welcome, and while
 * something failed that time may heal, after a pause that grows from round to round.
 */
export interface Background extends Reservation {
  /** One round now, or the one under way and another after it. Resolves with the last of them. Never throws. */
  round(): Promise<void>;
  /** Ends the round under way; what is pending stays on disk. The signal given at the start must have aborted. */
  stop(): Promise<void>;
}

/** The first failure of a round after which another round may succeed. */
interface Setback {
  readonly entry: OutboxEntry;
  readonly answer: UploadAnswer;
}

/** Does nothing before the first `round`. @param signal ends a round under way, and every pause */
export function createBackground(deps: DeliveryDeps, signal: AbortSignal): Background {
  const taken = new Set<JobId>();
  /** Files of results for another studio, each logged once. */
  const loggedForeign = new Set<string>();
  let running: Promise<void> | undefined;
  let roundRequested = false;
  let emptyRounds = 0;
  let disarm: (() => void) | undefined;

  /** A round after the usual pause, unless one is due anyway. Returns the pause. */
  function schedule(retryAfterMs: number): number {
    const retryInMs = backgroundPauseMs(emptyRounds, retryAfterMs, deps.random.unit());
    if (!signal.aborted) {
      disarm ??= deps.clock.after(retryInMs, () => {
        disarm = undefined;
        void round();
      });
    }
    return retryInMs;
  }

  function round(): Promise<void> {
    roundRequested = running !== undefined;
    return (running ??= rounds().finally(() => (running = undefined)));
  }

  async function rounds(): Promise<void> {
    do {
      roundRequested = false;
      disarm?.();
      disarm = undefined;
      await onePass().catch((thrown: unknown) => {
        deps.log.error('delivery.failed', { error: errorChain(thrown) });
      });
    } while (roundRequested && !signal.aborted);
  }

  async function onePass(): Promise<void> {
    for (const { jobId } of await deps.outbox.expire()) deps.onReport(jobId, { is: 'discarded', because: EXPIRED });
    let setback: Setback | undefined;
    let delivered = 0;
    for (const entry of deps.outbox.entries()) {
      if (signal.aborted) return;
      if (entry.kind !== 'artifact' || taken.has(entry.jobId) || !isForNow(entry)) continue;
      const answer = await retry(entry);
      if (answer === undefined || signal.aborted) continue;
      if (meaningOf(answer) === 'delivered') delivered++;
      if (meaningOf(answer) === 'transient') setback ??= { entry, answer };
      if (concernsEveryResult(answer)) break;
    }
    emptyRounds = delivered > 0 ? 1 : emptyRounds + 1;
    if (setback === undefined) {
      emptyRounds = 0;
      return;
    }
    const { entry, answer } = setback;
    const retryInMs = schedule(retryAfterOf(answer));
    const error = describeAnswer(answer);
    deps.log.warn('delivery.retried', { jobId: entry.jobId, error, attempt: emptyRounds, retryInMs });
  }

  /** Results for another studio, or made under another name, wait for their age limit: their owner may come back. */
  function isForNow(entry: OutboxEntry): boolean {
    if (isOurs(entry, deps.credentials())) return true;
    if (!loggedForeign.has(entry.file)) {
      loggedForeign.add(entry.file);
      deps.log.warn('result.kept', { jobId: entry.jobId, because: 'it belongs to another studio or worker name' });
    }
    return false;
  }

  /** Undefined when there was nothing to send after all. */
  async function retry(entry: OutboxEntry): Promise<UploadAnswer | undefined> {
    const credentials = deps.credentials();
    if (credentials === undefined) return undefined;
    try {
      const startedMs = deps.clock.elapsed();
      const stored = await deps.outbox.load(entry);
      if (stored === undefined) {
        deps.onReport(entry.jobId, { is: 'discarded', because: UNREADABLE });
        return undefined;
      }
      const { jobId, ext, ranOn } = entry;
      const artifact = { jobId, ext, ranOn, prompt: stored.prompt, bytes: stored.payload };
      const answer = await upload(artifact, credentials, deps, signal);
      await conclude(entry, answer, Math.round(deps.clock.elapsed() - startedMs));
      return answer;
    } catch (thrown) {
      deps.log.warn('result.kept', { jobId: entry.jobId, because: errorChain(thrown) });
      return undefined;
    }
  }

  async function conclude(entry: OutboxEntry, answer: UploadAnswer, durationMs: number): Promise<void> {
    const { jobId, sizeBytes } = entry;
    const meaning = meaningOf(answer);
    if (meaning === 'transient') return;
    if (meaning === 'unauthorized') return logUnauthorized(entry, answer, deps);
    const because = describeAnswer(answer);
    if (meaning === 'delivered') deps.log.info('artifact.uploaded', { jobId, sizeBytes, durationMs });
    else deps.log.warn('result.discarded', { jobId, because });
    await deps.outbox.remove(entry);
    deps.onReport(jobId, meaning === 'delivered' ? { is: 'delivered' } : { is: 'discarded', because });
  }

  return {
    round,
    take: (jobId) => void taken.add(jobId),
    release(jobId, left) {
      taken.delete(jobId);
      if (left !== undefined) schedule(left.retryAfterMs);
    },
    async stop() {
      disarm?.();
      disarm = undefined;
      await running;
    },
  };
}
