import { KIB } from '../base/units.ts';
import type { LogEntry } from '../contract/log-entry.ts';
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
export const createShipBuffer = (capacity: number = CAPACITY): ShipBuffer => new BoundedBuffer(capacity);

class BoundedBuffer implements ShipBuffer {
  readonly #capacity: number;
  #entries: LogEntry[] = [];
  #head = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#entries.length - this.#head;
  }

  push(entry: LogEntry): void {
    if (this.size >= this.#capacity) {
      const dropped = Math.min(this.size, this.size + 2 - this.#capacity);
      this.#drop(dropped);
      this.#entries.push(dropMarker(entry.ts, this.#capacity, dropped));
    }
    this.#entries.push(entry);
  }

  take(limits: FrameLimits = FRAME_LIMITS): readonly LogEntry[] {
    const taken: LogEntry[] = [];
    let leftBytes = limits.maxBytes - FRAME_AROUND_BYTES;
    for (let at = this.#head; at < this.#entries.length && taken.length < limits.maxEntries; at++) {
      const entry = this.#entries[at];
      if (entry === undefined) break;
      // Only the first may be cut: another one simply waits for the next frame.
      const fitting = taken.length === 0 ? cutToFit(entry, leftBytes) : entry;
      leftBytes -= sizeBytes(fitting) + 1;
      if (leftBytes < 0 && taken.length > 0) break;
      taken.push(fitting);
    }
    this.#drop(taken.length);
    return taken;
  }

  requeue(returned: readonly LogEntry[]): void {
    this.#entries = [...returned, ...this.#entries.slice(this.#head)].slice(-this.#capacity);
    this.#head = 0;
  }

  // Handed over by itself, as every sink is.
  readonly sink: LogSink = (event) => {
    const entry = toLogEntry(event);
    if (entry !== undefined) this.push(entry);
  };

  /** Moving the start is cheap; the dead part is cut off only once it outweighs the living, so a push stays O(1). */
  #drop(count: number): void {
    this.#head += count;
    if (this.#head <= this.size) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
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
