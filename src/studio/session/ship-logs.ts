import { KIB, MIB } from '../../base/units.ts';
import { logBatch } from '../../contract/frames/outbound.ts';
import type { LogEntry } from '../../contract/log-entry.ts';
import type { Line } from './link.ts';

/** Log entries that wait for a session; the log's own buffer outside of tests. */
export interface LogQueue {
  /** Takes the oldest entries for one frame; none when empty. */
  take(limits: { readonly maxEntries: number; readonly maxBytes: number }): readonly LogEntry[];
  /** Puts entries that could not be sent back in front. */
  requeue(entries: readonly LogEntry[]): void;
  readonly size: number;
}

/** A studio may refuse a larger frame: Cloudflare's WebSockets, for one, take 1 MiB. */
const FRAME = { maxEntries: 200, maxBytes: 256 * KIB } as const;
/** With more than this unsent the line is slow, and logs would stand in the way of results. */
const CROWDED_BYTES = MIB;

/**
 * Sends what is queued, in as many frames as it takes, and leaves the rest for the next tick when the line is crowded.
 * `all` sends everything whatever the line says: there will be no next tick.
 */
export function shipLogs(queue: LogQueue, line: Pick<Line, 'send' | 'bufferedBytes'>, all = false): void {
  const mostUnsentBytes = all ? Infinity : CROWDED_BYTES;
  while (queue.size > 0 && line.bufferedBytes <= mostUnsentBytes) {
    const entries = queue.take(FRAME);
    if (entries.length === 0) return;
    if (!line.send(logBatch(entries))) return queue.requeue(entries);
  }
}
