import { SECOND_MS } from '../../base/units.ts';
import type { FileProgress } from '../../models/store/options.ts';
import type { Clock } from '../../system/clock.ts';
import type { Pull } from '../contract/models.ts';

export interface PullProgressOptions {
  readonly clock: Pick<Clock, 'now' | 'elapsed'>;
  /** How many files the model has. */
  readonly files: number;
  readonly report: (pull: Pull) => void;
}

/** A disk reports each block; people read no more than this. */
const REPORT_EVERY_MS = SECOND_MS / 4;

/** Turns the progress of files into that of a download, at the pace of people. The first report is made at once. */
export class PullProgress {
  readonly #options: PullProgressOptions;
  readonly #seen = new Set<string>();
  #now: Pull;
  #reportedAt: number;
  #reportedBytes = 0;

  constructor(options: PullProgressOptions) {
    const { clock, files, report } = options;
    this.#options = options;
    this.#reportedAt = clock.elapsed();
    this.#now = {
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
    report(this.#now);
  }

  onFile({ filename, phase, doneBytes, totalBytes }: FileProgress): void {
    this.#seen.add(filename);
    const isNews = filename !== this.#now.filename || phase !== this.#now.phase;
    const at = this.#options.clock.elapsed();
    const passedMs = at - this.#reportedAt;
    if (!isNews && passedMs < REPORT_EVERY_MS) return;
    const rate = isNews || passedMs <= 0 ? 0 : ((doneBytes - this.#reportedBytes) / passedMs) * SECOND_MS;
    [this.#reportedAt, this.#reportedBytes] = [at, doneBytes];
    this.#report({
      phase,
      filename,
      file: this.#seen.size,
      doneBytes,
      totalBytes: totalBytes ?? null,
      bytesPerSecond: Math.max(0, Math.round(rate)),
    });
  }

  end(how: Pick<Pull, 'state' | 'error' | 'hint'>): void {
    this.#report({ ...how, bytesPerSecond: 0 });
  }

  #report(changed: Partial<Pull>): void {
    this.#now = { ...this.#now, ...changed };
    this.#options.report(this.#now);
  }
}
