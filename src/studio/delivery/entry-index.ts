import type { Clock } from '../../system/clock.ts';
import type { OutboxEntry } from './entry.ts';

/**
 * What an outbox holds, without their content. An entry's age counts by the wall clock only up to now, for what earlier
 * processes left, and from here on by time that never jumps: a clock that is set later, as on a machine that starts in
 * 1970, costs no result.
 */
export class EntryIndex {
  readonly #clock: Pick<Clock, 'now' | 'elapsed'>;
  readonly #maxAgeMs: number;
  readonly #known = new Map<string, { readonly entry: OutboxEntry; readonly expiresAtMs: number }>();
  #sizeBytes = 0;
  #newestAt = 0;

  constructor(clock: Pick<Clock, 'now' | 'elapsed'>, maxAgeMs: number) {
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
  }

  get count(): number {
    return this.#known.size;
  }

  /** Of all contents. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  add(entry: OutboxEntry): void {
    this.forget(entry);
    const ageMs = Math.max(0, this.#clock.now() - entry.createdAt);
    this.#known.set(entry.file, { entry, expiresAtMs: this.#clock.elapsed() + this.#maxAgeMs - ageMs });
    this.#sizeBytes += entry.sizeBytes;
    this.#newestAt = Math.max(this.#newestAt, entry.createdAt);
  }

  forget(entry: OutboxEntry): void {
    if (this.#known.delete(entry.file)) this.#sizeBytes -= entry.sizeBytes;
  }

  /** Oldest first. */
  entries(): readonly OutboxEntry[] {
    return [...this.#known.values()].map(({ entry }) => entry).toSorted((a, b) => a.createdAt - b.createdAt);
  }

  matching(fits: (entry: OutboxEntry) => boolean): readonly OutboxEntry[] {
    return [...this.#known.values()].flatMap(({ entry }) => (fits(entry) ? [entry] : []));
  }

  expired(): readonly OutboxEntry[] {
    const nowMs = this.#clock.elapsed();
    return [...this.#known.values()].flatMap(({ entry, expiresAtMs }) => (nowMs > expiresAtMs ? [entry] : []));
  }

  /** A time for a new entry: never one given before, and never before an older entry, since names sort by it. */
  nextCreatedAt(): number {
    return (this.#newestAt = Math.max(this.#clock.now(), this.#newestAt + 1));
  }
}
