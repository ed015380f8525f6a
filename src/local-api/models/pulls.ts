import { toWorkerError, WorkerError } from '../../base/errors.ts';
import { toModelId } from '../../base/ids.ts';
import { SECOND_MS } from '../../base/units.ts';
import type { CatalogueEntry } from '../../contract/catalogue.ts';
import type { FileProgress } from '../../models/store/options.ts';
import type { ModelStore } from '../../models/store/store.ts';
import type { Clock } from '../../system/clock.ts';
import type { Pull } from '../contract/models.ts';

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
  readonly store: Pick<ModelStore, 'lease'>;
  readonly clock: Pick<Clock, 'now' | 'elapsed'>;
  readonly onChange: (id: string, pull: Pull) => void;
}

/** A disk reports each block; people read no more than this. */
const REPORT_EVERY_MS = SECOND_MS / 4;
/** Pulls that ended are forgotten in order: a catalogue has no more models than anybody looks at. */
const MAX_ENDED = 200;

interface Running {
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

export function createPulls({ store, clock, onChange }: PullsOptions): Pulls {
  const running = new Map<string, Running>();
  const latest = new Map<string, Pull>();

  function set(id: string, pull: Pull): void {
    latest.delete(id);
    latest.set(id, pull);
    const oldest = [...latest.keys()].find((known) => !running.has(known));
    if (latest.size > MAX_ENDED && oldest !== undefined) latest.delete(oldest);
    onChange(id, pull);
  }

  async function pull({ id, source }: Pick<CatalogueEntry, 'id' | 'source'>, signal: AbortSignal): Promise<void> {
    const reporter = createReporter({ clock, files: source.files.length, report: (now) => set(id, now) });
    await using lease = store.lease();
    try {
      const onProgress = (progress: FileProgress): void => reporter.onProgress(progress);
      await lease.filesFor({ model: toModelId(id), source, onProgress }, signal);
      reporter.end({ state: 'done' });
    } catch (thrown) {
      const { message, hint } = toWorkerError(thrown);
      reporter.end(
        signal.aborted
          ? { state: 'cancelled' }
          : { state: 'failed', error: message, ...(hint === undefined ? {} : { hint }) },
      );
    }
  }

  return {
    start(entry) {
      if (running.has(entry.id)) return;
      const abort = new AbortController();
      const ended = pull(entry, abort.signal).finally(() => running.delete(entry.id));
      running.set(entry.id, { abort, ended });
    },
    cancel(id) {
      const found = running.get(id);
      found?.abort.abort(new WorkerError('job.cancelled', 'the operator cancelled the download'));
      return found !== undefined;
    },
    of: (id) => latest.get(id),
    get running() {
      return running.size;
    },
    async close() {
      for (const { abort } of running.values()) abort.abort(new WorkerError('job.cancelled', 'the worker was stopped'));
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };
}

interface ReporterOptions {
  readonly clock: Pick<Clock, 'now' | 'elapsed'>;
  readonly files: number;
  readonly report: (pull: Pull) => void;
}

/** Turns the progress of files into that of a download, at the pace of people. */
function createReporter({ clock, files, report }: ReporterOptions) {
  const seen = new Set<string>();
  let [reportedAt, reportedBytes] = [clock.elapsed(), 0];
  let now: Pull = {
    state: 'running',
    phase: 'wait',
    filename: '',
    file: 0,
    files,
    doneBytes: 0,
    totalBytes: null,
    bytesPerSecond: 0,
    startedAt: clock.now(),
  };
  report(now);
  return {
    onProgress({ filename, phase, doneBytes, totalBytes }: FileProgress): void {
      seen.add(filename);
      const isNews = filename !== now.filename || phase !== now.phase;
      const passedMs = clock.elapsed() - reportedAt;
      if (!isNews && passedMs < REPORT_EVERY_MS) return;
      const bytesPerSecond =
        isNews || passedMs <= 0 ? 0 : Math.round(((doneBytes - reportedBytes) / passedMs) * SECOND_MS);
      [reportedAt, reportedBytes] = [clock.elapsed(), doneBytes];
      now = {
        ...now,
        phase,
        filename,
        file: seen.size,
        doneBytes,
        totalBytes: totalBytes ?? null,
        bytesPerSecond: Math.max(0, bytesPerSecond),
      };
      report(now);
    },
    end(how: Pick<Pull, 'state' | 'error' | 'hint'>): void {
      now = { ...now, ...how, bytesPerSecond: 0 };
      report(now);
    },
  };
}
