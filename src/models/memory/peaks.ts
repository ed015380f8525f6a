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
  type MemoryShortage,
} from './peaks-file.ts';

/** What runs have in common that need the same memory: model, engine, and about the same size. */
export interface PeakKey {
  readonly model: ModelId;
  readonly engine: EngineName;
  /** See `sizeBucket`. */
  readonly bucket: string;
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
export async function openPeaks({ path, files, clock, log }: PeaksOptions): Promise<Peaks> {
  const known = await load(path, files, log);
  let saving = Promise.resolve();
  let dirty = false;

  async function save(): Promise<void> {
    if (!dirty) return; // an earlier turn of the queue included this change
    dirty = false;
    try {
      await files.writeAtomic(path, peaksText(known, clock.now()), { mode: 0o600 });
    } catch (thrown) {
      log.warn('peaks.not-saved', { path, error: errorChain(thrown) });
    }
  }

  function update(key: PeakKey, change: (runs: RunMemory) => RunMemory): void {
    const name = nameOf(key);
    const runs = change(known.get(name) ?? { peaks: [] });
    known.delete(name); // and back in at the end: the least recently used is dropped first
    known.set(name, runs);
    const [oldest] = known.keys();
    if (known.size > MAX_KEYS && oldest !== undefined) known.delete(oldest);
    dirty = true;
    saving = saving.then(save);
  }

  return {
    find(key) {
      const runs = known.get(nameOf(key));
      if (runs === undefined) return undefined;
      const shortage = lastingShortage(runs, clock.now());
      const peakGb = HEADROOM * Math.max(0, ...runs.peaks);
      return { peakGb, runs: runs.peaks.length, ...(shortage === undefined ? {} : { moreThanGb: shortage.gb }) };
    },
    learn(key, peakGb) {
      if (!isPositive(peakGb)) return;
      update(key, (runs) => ({ ...runs, peaks: [...runs.peaks, rounded(peakGb)].slice(-MAX_RUNS) }));
    },
    learnShortage(key, freeGb) {
      if (!isPositive(freeGb)) return;
      const shortage: MemoryShortage = { gb: rounded(freeGb), at: clock.now() };
      update(key, (runs) => {
        const before = lastingShortage(runs, shortage.at);
        return { ...runs, shortage: before !== undefined && before.gb > shortage.gb ? before : shortage };
      });
    },
    saved: () => saving,
  };
}

const nameOf = ({ model, engine, bucket }: PeakKey): string => JSON.stringify([engine, bucket, model]);
const rounded = (gb: number): number => Math.round(gb * 1000) / 1000;

async function load(path: string, files: PeaksOptions['files'], log: Logger): Promise<KnownRuns> {
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
