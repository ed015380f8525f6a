import { DAY_MS } from '../../base/units.ts';
import type { Read } from '../../contract/read.ts';
import { type FieldReader, readStateFile } from '../state-file.ts';

/** What is remembered of the runs of one key. */
export interface RunMemory {
  /** Peaks of the newest runs, oldest first, in GiB. */
  readonly peaks: readonly number[];
  /** The most free memory that did not suffice; absent when it always did. */
  readonly shortage?: RecordedShortage;
}

/** Free memory that did not suffice for a run, in GiB. */
export interface RecordedShortage {
  readonly gb: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** By key, the most recently used last. */
export type KnownRuns = Map<string, RunMemory>;

/** Old peaks are dropped, so that one outlier or an older engine does not count for ever. */
export const MAX_RUNS = 20;
/** Models, engines and sizes that are remembered. */
export const MAX_KEYS = 500;
/**
 * A job that is rejected for a shortage cannot show that it would fit by now, after an update of the driver or the engine.
 * So it is tried again each day, which costs one run that may have to be repeated with less memory.
 */
const SHORTAGE_LASTS_MS = DAY_MS;
const VERSION = 1;

/** A size that makes sense: finite, and more than nothing. */
export const isPositive = (value: unknown): value is number =>
  typeof value === 'number' && value > 0 && value < Infinity;

/** The shortage, if it still counts. A time in the future is one of a clock that was wrong, and lasts no longer. */
export const lastingShortage = ({ shortage }: RunMemory, now: number): RecordedShortage | undefined =>
  shortage !== undefined && Math.abs(now - shortage.at) < SHORTAGE_LASTS_MS ? shortage : undefined;

/** The file as `readPeaks` reads it, without shortages that no longer count at `now` (milliseconds since the epoch). */
export function peaksText(known: KnownRuns, now: number): string {
  const peaksGb = [...known].map(([key, { peaks }]) => [key, peaks] as const).filter(([, peaks]) => peaks.length > 0);
  const shortages = [...known].flatMap(([key, runs]) => {
    const shortage = lastingShortage(runs, now);
    return shortage === undefined ? [] : [[key, shortage] as const];
  });
  const value = {
    version: VERSION,
    peaksGb: Object.fromEntries(peaksGb),
    ...(shortages.length > 0 && {
      shortGb: Object.fromEntries(shortages.map(([key, { gb }]) => [key, gb])),
      shortAt: Object.fromEntries(shortages.map(([key, { at }]) => [key, at])),
    }),
  };
  return `${JSON.stringify(value, null, 1)}\n`;
}

/** Reads what `peaksText` wrote. A broken entry is left out, since it can be learned again. */
export const readPeaks = (text: string): Read<KnownRuns> => readStateFile(text, knownRunsOf);

function knownRunsOf(fields: FieldReader): KnownRuns {
  fields.version(VERSION);
  const known: KnownRuns = new Map();
  for (const [key, peaks] of fields.object('peaksGb').entries()) {
    const valid = Array.isArray(peaks) ? peaks.filter(isPositive).slice(-MAX_RUNS) : [];
    if (valid.length > 0) known.set(key, { peaks: valid });
  }
  const times = fields.optionalObject('shortAt');
  for (const [key, gb] of fields.optionalObject('shortGb').entries()) {
    const at = times.value(key); // without one it may be of any age
    if (isPositive(gb) && isPositive(at)) known.set(key, { peaks: known.get(key)?.peaks ?? [], shortage: { gb, at } });
  }
  return new Map([...known].slice(-MAX_KEYS));
}
