import { errorChain } from '../../base/errors.ts';
import type { ModelId } from '../../base/ids.ts';
import type { EngineName } from '../../contract/model-source.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { Files } from '../../system/disk/files.ts';
import type { LearnedPeak } from './fit.ts';
import {
  isPositive,
  type KnownRuns,
  lastingShortage,
  MAX_KEYS,
  MAX_RUNS,
  peaksText,
  readPeaks,
  type RunMemory,
  type RecordedShortage,
} from './peaks-file.ts';

/** What runs have in common that need the same memory: model, engine, and about the same size. */
export interface PeakKey {
  readonly model: ModelId;
  readonly engine: EngineName;
  /** See `sizeBucket`. */
  readonly bucket: string;
  /** The name of the GPU, on a machine with several: two of one name need the same. */
  readonly gpu?: string | undefined;
}

/** The GPU memory that earlier runs took, across restarts. */
export interface Peaks {
  /** The highest of the remembered peaks, with headroom; undefined when there is none. */
  find(key: PeakKey): LearnedPeak | undefined;
  /** Remembers for a day that `freeGb` of free memory did not suffice for a run; of several, the most. */
  learnShortage(key: PeakKey, freeGb: number): void;
  /** Remembers the peak of one run, in GiB. Saved in the background; a failure to save is logged. */
  learn(key: PeakKey, peakGb: number): void;
  /** Settles when everything learned so far is on the disk, or could not be put there. */
  saved(): Promise<void>;
}

/** Where peaks are kept, and what they are kept with. */
export interface PeaksOptions {
  readonly path: string;
  readonly files: Pick<Files, 'readText' | 'writeAtomic'>;
  /** The time of day, because what is remembered outlives the process. */
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
}

/** Runs differ a little, and a peak between two measurements is missed. */
const HEADROOM = 1.1;

/** Opens what earlier runs left. A file that cannot be read is started over: it can be learned again. */
export async function openPeaks(options: PeaksOptions): Promise<Peaks> {
  return new SavedPeaks(options, await load(options));
}

class SavedPeaks implements Peaks {
  readonly #options: PeaksOptions;
  readonly #known: KnownRuns;
  #saving = Promise.resolve();
  #isDirty = false;

  constructor(options: PeaksOptions, known: KnownRuns) {
    this.#options = options;
    this.#known = known;
  }

  find(key: PeakKey): LearnedPeak | undefined {
    const runs = this.#runsOf(key);
    if (runs === undefined) return undefined;
    const shortage = lastingShortage(runs, this.#options.clock.now());
    const peakGb = HEADROOM * Math.max(0, ...runs.peaks);
    return { peakGb, runs: runs.peaks.length, ...(shortage === undefined ? {} : { moreThanGb: shortage.gb }) };
  }

  learn(key: PeakKey, peakGb: number): void {
    if (!isPositive(peakGb)) return;
    this.#update(key, (runs) => ({ ...runs, peaks: [...runs.peaks, rounded(peakGb)].slice(-MAX_RUNS) }));
  }

  learnShortage(key: PeakKey, freeGb: number): void {
    if (!isPositive(freeGb)) return;
    const shortage: RecordedShortage = { gb: rounded(freeGb), at: this.#options.clock.now() };
    this.#update(key, (runs) => {
      const before = lastingShortage(runs, shortage.at);
      return { ...runs, shortage: before !== undefined && before.gb > shortage.gb ? before : shortage };
    });
  }

  saved(): Promise<void> {
    return this.#saving;
  }

  /** What was learned when the machine had one GPU, or by a version that did not tell them apart, counts until there is more. */
  #runsOf(key: PeakKey): RunMemory | undefined {
    const own = this.#known.get(nameOf(key));
    const ofAny = key.gpu === undefined ? undefined : this.#known.get(nameOf({ ...key, gpu: undefined }));
    if (ofAny === undefined || (own !== undefined && own.peaks.length >= ofAny.peaks.length)) return own;
    return { ...ofAny, ...(own?.shortage === undefined ? {} : { shortage: own.shortage }) };
  }

  #update(key: PeakKey, change: (runs: RunMemory) => RunMemory): void {
    const name = nameOf(key);
    const runs = change(this.#known.get(name) ?? { peaks: [] });
    this.#known.delete(name); // and back in at the end: the least recently used is dropped first
    this.#known.set(name, runs);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KEYS && oldest !== undefined) this.#known.delete(oldest);
    this.#isDirty = true;
    this.#saving = this.#saving.then(() => this.#save());
  }

  async #save(): Promise<void> {
    if (!this.#isDirty) return; // an earlier turn of the queue included this change
    this.#isDirty = false;
    const { path, files, clock, log } = this.#options;
    try {
      await files.writeAtomic(path, peaksText(this.#known, clock.now()), { mode: 0o600 });
    } catch (thrown) {
      log.warn('peaks.not-saved', { path, error: errorChain(thrown) });
    }
  }
}

/** An older version keeps names that it does not look for. */
const nameOf = ({ model, engine, bucket, gpu }: PeakKey): string =>
  JSON.stringify(gpu === undefined ? [engine, bucket, model] : [engine, bucket, model, gpu]);
const rounded = (gb: number): number => Math.round(gb * 1000) / 1000;

async function load({ path, files, log }: PeaksOptions): Promise<KnownRuns> {
  let because: string;
  try {
    const text = await files.readText(path);
    if (text === undefined) return new Map();
    const known = readPeaks(text);
    if (known.is === 'read') return known.value;
    because = known.problem;
  } catch (thrown) {
    because = errorChain(thrown);
  }
  log.warn('peaks.unreadable', { path, because });
  return new Map();
}
