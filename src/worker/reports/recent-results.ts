import { MIB } from '../../base/units.ts';
import type { JobId } from '../../base/ids.ts';
import type { TaskResult } from '../../engines/result.ts';

/** The results of the newest jobs, for people at this machine. They are gone with the process. */
export interface RecentResults {
  keep(jobId: JobId, result: TaskResult): void;
  of(jobId: string): RecentResult | undefined;
}

/** What a job made; `ext` without a dot, `json` where the result is no file. */
export interface RecentResult {
  readonly bytes: Uint8Array;
  readonly ext: string;
}

/** All of them together. A result that is larger is not kept: the studio has it, and its reader can ask there. */
const MAX_BYTES = 64 * MIB;
/** As many as have thumbnails. */
const MAX_RESULTS = 100;

/** Bounded by both limits; the oldest go first. */
export function createRecentResults(maxBytes = MAX_BYTES): RecentResults {
  const kept = new Map<string, RecentResult>();
  let sizeBytes = 0;
  function forget(jobId: string): void {
    sizeBytes -= kept.get(jobId)?.bytes.byteLength ?? 0;
    kept.delete(jobId);
  }
  return {
    keep(jobId, result) {
      forget(jobId); // a job that comes again is among the newest
      const one = keptOf(result);
      if (one.bytes.byteLength > maxBytes) return;
      kept.set(jobId, one);
      sizeBytes += one.bytes.byteLength;
      for (const [oldest] of kept) {
        if (sizeBytes <= maxBytes && kept.size <= MAX_RESULTS) return;
        forget(oldest);
      }
    },
    of: (jobId) => kept.get(jobId),
  };
}

/** A part of a larger buffer would keep all of it. */
const keptOf = (result: TaskResult): RecentResult =>
  result.is === 'json'
    ? { bytes: new TextEncoder().encode(JSON.stringify(result.value)), ext: 'json' }
    : { bytes: isWhole(result.bytes) ? result.bytes : result.bytes.slice(), ext: result.ext };

const isWhole = ({ byteLength, buffer }: Uint8Array): boolean => byteLength === buffer.byteLength;
