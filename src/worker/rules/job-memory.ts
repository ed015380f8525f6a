import { pause } from '../../base/pause.ts';
import { MINUTE_MS, SECOND_MS } from '../../base/units.ts';
import type { Job } from '../../jobs/job.ts';
import type { LoadedShare } from '../../models/memory/fit.ts';
import { grownGb, sumGb } from '../../models/memory/gpu-memory.ts';
import type { Peaks } from '../../models/memory/peaks.ts';
import { sizeBucket } from '../../models/memory/size-bucket.ts';
import type { Clock } from '../../system/clock.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import type { MemoryWatch } from '../../system/machine/memory-watch.ts';

/*
 * What jobs take of GPU memory: what is in use while they run and was not before.
 *
 *   first job starts ──▶ baseline ──last job over and its memory seen free──▶ no baseline
 *
 * A job that runs beside another teaches nothing: what the GPU has in use is then the need of both.
 */

/** What there was before the running jobs, and what of it our own models had, in GiB. */
export interface Baseline {
  readonly report: MemoryReport | undefined;
  readonly oursGb: number;
  /** In the clock's elapsed milliseconds. */
  readonly at: number;
}

export interface JobMemoryOptions {
  /** The name of the one GPU that this is about; undefined where engines choose theirs. */
  readonly gpu?: string;
  readonly watch: Pick<MemoryWatch, 'latest' | 'refresh'>;
  readonly peaks: Pick<Peaks, 'learn'>;
  /** The models in GPU memory now. */
  readonly loaded: () => readonly LoadedShare[];
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
}

export interface JobMemory {
  /** Undefined while no job runs and all that jobs had was seen free again. */
  readonly baseline: Baseline | undefined;
  /** What `work` gives, or fails with, is handed on as it is. */
  watched<T>(job: Job, work: () => Promise<T>): Promise<T>;
}

interface Running {
  alone: boolean;
}

/** Time between two samples while a job runs. */
const SAMPLE_EVERY_MS = SECOND_MS;
/** A run that was sampled less often may have had its peak between two samples. */
const MIN_SAMPLES = 3;
/** Jobs that follow each other at once count from before the first of them, but others come and go meanwhile. */
const COUNTS_FOR_MS = 10 * MINUTE_MS;

/** Nothing is sampled before the first job. */
export const createJobMemory = (options: JobMemoryOptions): JobMemory => new SampledJobs(options);

class SampledJobs implements JobMemory {
  readonly #options: JobMemoryOptions;
  readonly #running = new Set<Running>();
  #baseline: Baseline | undefined;
  /** Jobs that run, or whose memory was not seen free yet. */
  #unsettled = 0;

  constructor(options: JobMemoryOptions) {
    this.#options = options;
  }

  get baseline(): Baseline | undefined {
    return this.#baseline;
  }

  async watched<T>(job: Job, work: () => Promise<T>): Promise<T> {
    const { since, run } = this.#begin();
    const over = new AbortController();
    const sampling = sample(this.#options, since, over.signal);
    let succeeded = false;
    try {
      const result = await work();
      succeeded = true;
      return result;
    } finally {
      over.abort();
      this.#running.delete(run);
      void this.#conclude(sampling, succeeded && run.alone ? job : undefined);
    }
  }

  #begin(): { readonly since: Baseline; readonly run: Running } {
    const { watch, loaded, clock } = this.#options;
    const run: Running = { alone: this.#running.size === 0 };
    for (const other of this.#running) other.alone = false;
    this.#running.add(run);
    this.#unsettled += 1;
    const now = clock.elapsed();
    const before = this.#baseline;
    if (before !== undefined && (this.#running.size > 1 || now - before.at < COUNTS_FOR_MS)) {
      return { since: before, run };
    }
    this.#baseline = { report: watch.latest, oursGb: sumGb(loaded()), at: now };
    return { since: this.#baseline, run };
  }

  /**
   * What the job took besides its model is free by now; until that was seen, the baseline still counts. `teaches`: the job
   * whose need the samples are.
   */
  async #conclude(sampling: Promise<Sampled>, teaches: Job | undefined): Promise<void> {
    const { gpu, watch, peaks } = this.#options;
    const { samples, peakGb } = await sampling;
    if (teaches !== undefined && samples >= MIN_SAMPLES) {
      const { model, source, task } = teaches;
      peaks.learn({ model, engine: source.engine, bucket: sizeBucket(task), gpu }, peakGb);
    }
    await watch.refresh();
    this.#unsettled -= 1;
    if (this.#unsettled === 0) this.#baseline = undefined;
  }
}

interface Sampled {
  readonly samples: number;
  /** The most that any one GPU had in use for the job, its model included, in GiB. */
  readonly peakGb: number;
}

/**
 * What the job has is what is in use now and was not before, and what of our own was in use before and is not any more:
 * its model may have been loaded already, and others may have been unloaded for it.
 */
async function sample(
  { watch, clock, loaded }: Pick<JobMemoryOptions, 'watch' | 'clock' | 'loaded'>,
  { report: start, oursGb }: Baseline,
  over: AbortSignal,
): Promise<Sampled> {
  let samples = 0;
  let peakGb = 0;
  for (;;) {
    await pause(clock, SAMPLE_EVERY_MS, over);
    if (over.aborted || start === undefined) return { samples, peakGb };
    const report = await watch.refresh();
    samples += 1;
    const othersGb = sumGb(loaded().filter(({ inUse }) => !inUse));
    const grown = grownGb(start, report);
    if (grown !== undefined) peakGb = Math.max(peakGb, grown + oursGb - othersGb);
  }
}
