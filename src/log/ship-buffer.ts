import { KIB } from '../base/units.ts';
import type { LogEntry } from './log-entry.ts';
import type { LogSink } from './logger.ts';
import { toLogEntry } from './message.ts';

/** What one frame may carry. */
export interface FrameLimits {
  readonly maxEntries: number;
  /** Of the entries' JSON text in UTF-8, with room for the frame around them. */
  readonly maxBytes: number;
}

/** Entries on their way to the studio. Outlives sessions: what is logged offline ships with the next one. */
export interface ShipBuffer {
  push(entry: LogEntry): void;
  /** Takes the oldest entries for one frame: at least one unless empty; one that is too big alone is cut short. */
  take(limits?: FrameLimits): readonly LogEntry[];
  /** Puts what could not be sent back in front of what came since; the oldest give way when it is too much. */
  requeue(entries: readonly LogEntry[]): void;
  readonly size: number;
  readonly sink: LogSink;
}

/** Reference worker: ship queue cap. */
const CAPACITY = 5_000;
const FRAME_LIMITS: FrameLimits = { maxEntries: 200, maxBytes: 256 * KIB };
/** `{"type":"logBatch","entries":[]}` and some air. */
const FRAME_AROUND_BYTES = 64;
const CUT = '… [cut]';

/**
 * An empty buffer. `capacity` bounds what an outage can pile up; a marker entry counts what was dropped. Once full, each push
 * costs two old entries, one for the newcomer and one for the marker: that is how the reference worker counts.
 */
export function createShipBuffer(capacity: number = CAPACITY): ShipBuffer {
  let entries: LogEntry[] = [];
  let head = 0;
  const size = (): number => entries.length - head;
  /** Moving the start is cheap; the dead part is cut off only once it outweighs the living, so a push stays O(1). */
  const drop = (count: number): void => {
    head += count;
    if (head <= size()) return;
    entries = entries.slice(head);
    head = 0;
  };
  const push = (entry: LogEntry): void => {
    if (size() >= capacity) {
      const dropped = Math.min(size(), size() + 2 - capacity);
      drop(dropped);
      entries.push(dropMarker(entry.ts, capacity, dropped));
    }
    entries.push(entry);
  };

  return {
    push,
    take(limits = FRAME_LIMITS) {
      const taken: LogEntry[] = [];
      let leftBytes = limits.maxBytes - FRAME_AROUND_BYTES;
      for (let at = head; at < entries.length && taken.length < limits.maxEntries; at++) {
        const entry = entries[at];
        if (entry === undefined) break;
        // Only the first may be cut: another one simply waits for the next frame.
        const fitting = taken.length === 0 ? cutToFit(entry, leftBytes) : entry;
        leftBytes -= sizeBytes(fitting) + 1;
        if (leftBytes < 0 && taken.length > 0) break;
        taken.push(fitting);
      }
      drop(taken.length);
      return taken;
    },
    requeue(returned) {
      entries = [...returned, ...entries.slice(head)].slice(-capacity);
      head = 0;
    },
    get size() {
      return size();
    },
    sink(event) {
      const entry = toLogEntry(event);
      if (entry !== undefined) push(entry);
    },
  };
}

/** The reference worker's text: a studio may search for it. */
const dropMarker = (ts: string, capacity: number, dropped: number): LogEntry => ({
  ts,
  level: 'warn',
  category: 'logs',
  message: `ship queue full (${capacity} entries); dropped ${dropped} oldest`,
});

const encoder = new TextEncoder();
const sizeBytes = (entry: LogEntry): number => encoder.encode(JSON.stringify(entry)).byteLength;

/** The longest beginning of the message that fits, found by halving because escapes and UTF-8 make lengths uneven. */
function cutToFit(entry: LogEntry, leftBytes: number): LogEntry {
  if (sizeBytes(entry) + 1 <= leftBytes) return entry;
  const cutAt = (length: number): LogEntry => ({
    ...entry,
    message: `${entry.message.slice(0, length).toWellFormed()}${CUT}`,
  });
  let fits = 0;
  let tooLong = entry.message.length;
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (sizeBytes(cutAt(middle)) + 1 <= leftBytes) fits = middle;
    else tooLong = middle;
  }
  return cutAt(fits);
}
