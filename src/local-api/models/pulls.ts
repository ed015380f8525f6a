import { toWorkerError, WorkerError } from '../../base/errors.ts';
import { toModelId } from '../../base/ids.ts';
import type { CatalogueEntry } from '../../contract/catalogue.ts';
import type { FileProgress } from '../../models/store/options.ts';
import type { ModelStore } from '../../models/store/store.ts';
import type { Clock } from '../../system/clock.ts';
import type { Pull } from '../contract/models.ts';
import { PullProgress } from './pull-progress.ts';

/** Downloads that an operator began. One for each model at a time; a second request joins the first. */
export interface Pulls {
  start(entry: Pick<CatalogueEntry, 'id' | 'source'>): void;
  /** False when none is under way. What has arrived stays, to be resumed. */
  cancel(id: string): boolean;
  of(id: string): Pull | undefined;
  /** How many are under way. */
  readonly running: number;
  /** Cancels all of them, and waits until they have ended. */
  close(): Promise<void>;
}

export interface PullsOptions {
  readonly store: Pick<ModelStore, 'hold'>;
  readonly clock: Pick<Clock, 'now' | 'elapsed'>;
  readonly onChange: (id: string, pull: Pull) => void;
}

/** Pulls that ended are forgotten in order: a catalogue has no more models than anybody looks at. */
const MAX_ENDED = 200;

interface Running {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

export const createPulls = (options: PullsOptions): Pulls => new RunningPulls(options);

class RunningPulls implements Pulls {
  readonly #options: PullsOptions;
  readonly #running = new Map<string, Running>();
  readonly #latest = new Map<string, Pull>();

  constructor(options: PullsOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#running.size;
  }

  start(entry: Pick<CatalogueEntry, 'id' | 'source'>): void {
    if (this.#running.has(entry.id)) return;
    const abort = new AbortController();
    const ended = this.#pull(entry, abort.signal).finally(() => this.#running.delete(entry.id));
    this.#running.set(entry.id, { abort, ended });
  }

  cancel(id: string): boolean {
    const found = this.#running.get(id);
    found?.abort.abort(new WorkerError('job.cancelled', 'the operator cancelled the download'));
    return found !== undefined;
  }

  of(id: string): Pull | undefined {
    return this.#latest.get(id);
  }

  async close(): Promise<void> {
    const all = [...this.#running.values()];
    for (const { abort } of all) abort.abort(new WorkerError('job.cancelled', 'the worker was stopped'));
    await Promise.all(all.map(({ ended }) => ended));
  }

  async #pull({ id, source }: Pick<CatalogueEntry, 'id' | 'source'>, signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#options;
    const progress = new PullProgress({ clock, files: source.files.length, report: (now) => this.#set(id, now) });
    await using hold = store.hold();
    try {
      const onProgress = (now: FileProgress): void => progress.onFile(now);
      await hold.filesFor({ model: toModelId(id), source, onProgress }, signal);
      progress.end({ state: 'done' });
    } catch (thrown) {
      progress.end(signal.aborted ? { state: 'cancelled' } : failureOf(thrown));
    }
  }

  #set(id: string, pull: Pull): void {
    this.#latest.delete(id);
    this.#latest.set(id, pull);
    const oldest = [...this.#latest.keys()].find((known) => !this.#running.has(known));
    if (this.#latest.size > MAX_ENDED && oldest !== undefined) this.#latest.delete(oldest);
    this.#options.onChange(id, pull);
  }
}

function failureOf(thrown: unknown): Pick<Pull, 'state' | 'error' | 'hint'> {
  const { message, hint } = toWorkerError(thrown);
  return { state: 'failed', error: message, ...(hint === undefined ? {} : { hint }) };
}
