import { unlessAborted } from '../../base/abort.ts';
import { errorChain } from '../../base/errors.ts';
import type { JobId } from '../../base/ids.ts';
import { logUnauthorized, ownedBy } from './ownership.ts';
import type { DeliveryDeps } from './deps.ts';
import type { OutboxEntry } from './entry.ts';
import { EXPIRED, UNREADABLE } from './outbox.ts';
import {
  type AnswerMeaning,
  backgroundPauseMs,
  concernsEveryResult,
  describeAnswer,
  meaningOf,
  retryAfterOf,
  type UploadAnswer,
} from './policy.ts';
import { type Reservation, upload } from './upload.ts';

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

/** Answers after which a retry may succeed. */
const MAY_CHANGE: ReadonlySet<AnswerMeaning> = new Set(['transient', 'misplaced']);

/** The first failure of a round after which another round may succeed. */
interface Setback {
  readonly entry: OutboxEntry;
  readonly answer: UploadAnswer;
}

interface RoundResult {
  readonly delivered: number;
  readonly setback: Setback | undefined;
}

/** Does nothing before the first `round`. @param signal ends a round under way, and every pause */
export const createBackground = (deps: DeliveryDeps, signal: AbortSignal): Background =>
  new BackgroundUploads(deps, signal);

class BackgroundUploads implements Background {
  readonly #deps: DeliveryDeps;
  readonly #signal: AbortSignal;
  /** Jobs that upload their result themselves. */
  readonly #taken = new Set<JobId>();
  /** Files of results for another studio, each logged once. */
  readonly #loggedForeign = new Set<string>();
  #running: Promise<void> | undefined;
  #roundRequested = false;
  /** Rounds in a row that got nothing through. */
  #emptyRounds = 0;
  /** Of the round that is scheduled. */
  #disarm: (() => void) | undefined;

  constructor(deps: DeliveryDeps, signal: AbortSignal) {
    this.#deps = deps;
    this.#signal = signal;
  }

  take(jobId: JobId): void {
    this.#taken.add(jobId);
  }

  release(jobId: JobId, left?: { readonly retryAfterMs: number }): void {
    this.#taken.delete(jobId);
    if (left !== undefined) this.#schedule(left.retryAfterMs);
  }

  round(): Promise<void> {
    this.#roundRequested = this.#running !== undefined;
    return (this.#running ??= this.#rounds().finally(() => (this.#running = undefined)));
  }

  async stop(): Promise<void> {
    this.#unschedule();
    await this.#running;
  }

  /** A round after the usual pause, unless one is due anyway. Returns the pause. */
  #schedule(retryAfterMs: number): number {
    const { clock, random } = this.#deps;
    const retryInMs = backgroundPauseMs(this.#emptyRounds, retryAfterMs, random.unit());
    if (!this.#signal.aborted) {
      this.#disarm ??= clock.after(retryInMs, () => {
        this.#disarm = undefined;
        void this.round();
      });
    }
    return retryInMs;
  }

  #unschedule(): void {
    this.#disarm?.();
    this.#disarm = undefined;
  }

  async #rounds(): Promise<void> {
    do {
      this.#roundRequested = false;
      this.#unschedule();
      await this.#oneRound().catch((thrown: unknown) => {
        this.#deps.log.error('delivery.failed', { error: errorChain(thrown) });
      });
    } while (this.#roundRequested && !this.#signal.aborted);
  }

  async #oneRound(): Promise<void> {
    const { outbox, onReport, log } = this.#deps;
    await unlessAborted(outbox.whole, this.#signal).catch(() => {}); // an abort, which ends the round below
    if (this.#signal.aborted) return;
    for (const { jobId } of await outbox.expire()) onReport(jobId, { is: 'discarded', because: EXPIRED });
    const result = await this.#retryAll(outbox.entries());
    if (result === 'aborted') return;
    const { delivered, setback } = result;
    this.#emptyRounds = delivered > 0 ? 1 : this.#emptyRounds + 1;
    if (setback === undefined) {
      this.#emptyRounds = 0;
      return;
    }
    const { entry, answer } = setback;
    const retryInMs = this.#schedule(retryAfterOf(answer));
    const error = describeAnswer(answer);
    log.warn('delivery.retried', { jobId: entry.jobId, error, attempt: this.#emptyRounds, retryInMs });
  }

  async #retryAll(entries: readonly OutboxEntry[]): Promise<RoundResult | 'aborted'> {
    let setback: Setback | undefined;
    let delivered = 0;
    for (const entry of entries) {
      if (this.#signal.aborted) return 'aborted';
      if (entry.kind !== 'artifact' || this.#taken.has(entry.jobId) || !this.#isForNow(entry)) continue;
      const answer = await this.#retry(entry);
      if (answer === undefined || this.#signal.aborted) continue;
      if (meaningOf(answer) === 'delivered') delivered++;
      if (MAY_CHANGE.has(meaningOf(answer))) setback ??= { entry, answer };
      if (concernsEveryResult(answer)) break;
    }
    return { delivered, setback };
  }

  /** Results for another studio, or made under another name, wait for their age limit: their owner may come back. */
  #isForNow(entry: OutboxEntry): boolean {
    if (ownedBy(this.#deps.credentials())(entry)) return true;
    if (!this.#loggedForeign.has(entry.file)) {
      this.#loggedForeign.add(entry.file);
      const because = 'it belongs to another studio or worker name';
      this.#deps.log.warn('result.kept', { jobId: entry.jobId, because });
    }
    return false;
  }

  /** Undefined when there was nothing to send after all. */
  async #retry(entry: OutboxEntry): Promise<UploadAnswer | undefined> {
    const { outbox, clock, log, onReport } = this.#deps;
    const credentials = this.#deps.credentials();
    if (credentials === undefined) return undefined;
    try {
      const startedMs = clock.elapsed();
      const stored = await outbox.load(entry);
      if (stored === undefined) {
        onReport(entry.jobId, { is: 'discarded', because: UNREADABLE });
        return undefined;
      }
      const { jobId, ext, ranOn } = entry;
      const artifact = { jobId, ext, ranOn, prompt: stored.prompt, bytes: stored.content };
      const answer = await upload(artifact, credentials, this.#deps, this.#signal);
      await this.#conclude(entry, answer, Math.round(clock.elapsed() - startedMs));
      return answer;
    } catch (thrown) {
      log.warn('result.kept', { jobId: entry.jobId, because: errorChain(thrown) });
      return undefined;
    }
  }

  async #conclude(entry: OutboxEntry, answer: UploadAnswer, durationMs: number): Promise<void> {
    const { outbox, log, onReport } = this.#deps;
    const { jobId, sizeBytes } = entry;
    const meaning = meaningOf(answer);
    if (MAY_CHANGE.has(meaning)) return;
    if (meaning === 'unauthorized') return logUnauthorized(entry, answer, this.#deps);
    const because = describeAnswer(answer);
    if (meaning === 'delivered') log.info('artifact.uploaded', { jobId, sizeBytes, durationMs });
    if (meaning === 'not-held') log.warn('result.discarded', { jobId, because });
    if (meaning === 'refused') await outbox.setAside(entry, because);
    else await outbox.remove(entry);
    onReport(jobId, meaning === 'delivered' ? { is: 'delivered' } : { is: 'discarded', because });
  }
}
