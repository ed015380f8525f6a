import { KIB, MIB } from '../../base/units.ts';
import { logBatch } from '../../contract/frames/outbound.ts';
import type { LogEntry } from '../../contract/log-entry.ts';
import type { Link } from './link.ts';

/** Log entries that wait for a session; the log's own buffer outside of tests. */
export interface LogQueue {
  /** Takes the oldest entries for one frame; none when empty. */
  take(limits: { readonly maxEntries: number; readonly maxBytes: number }): readonly LogEntry[];
  /** Puts entries that could not be sent back in front. */
  requeue(entries: readonly LogEntry[]): void;
  readonly size: number;
}

/** A studio may reject a larger frame: Cloudflare's WebSockets, for one, take 1 MiB. */
const FRAME = { maxEntries: 200, maxBytes: 256 * KIB } as const;
/** With more than this unsent the link is slow, and logs would delay results. */
const CONGESTED_BYTES = MIB;

/**
 * Sends what is queued, in as many frames as it takes, and leaves the rest for the next tick when the link is congested.
 * `all` sends everything regardless: there will be no next tick.
 */
export function shipLogs(queue: LogQueue, link: Pick<Link, 'send' | 'bufferedBytes'>, all = false): void {
  const maxUnsentBytes = all ? Infinity : CONGESTED_BYTES;
  while (queue.size > 0 && link.bufferedBytes <= maxUnsentBytes) {
    const entries = queue.take(FRAME);
    if (entries.length === 0) return;
    if (!link.send(logBatch(entries))) return queue.requeue(entries);
  }
}
