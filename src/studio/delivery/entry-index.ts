import type { Clock } from '../../system/clock.ts';
import type { JobId } from '../../base/ids.ts';
import type { OutboxEntry } from './entry.ts';

/**
 * What an outbox holds, without their content. An entry's age counts by the wall clock only up to now, for what earlier
 * processes left, and from here on by time that never jumps: a clock that is set later, as on a machine that starts in
 * 1970, costs no result.
 */
export class EntryIndex {
  readonly #clock: Pick<Clock, 'now' | 'elapsed'>;
  readonly #maxAgeMs: number;
  readonly #known = new ByAge();
  /** Of those that are known: each heartbeat asks for the first of them, however many artifacts wait. */
  readonly #json = new ByAge();
  /** Names of entries by their job: each job that ends asks for its own, however many others wait. */
  readonly #byJob = new Map<JobId, Set<string>>();
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
    const known = { entry, expiresAtMs: this.#clock.elapsed() + this.#maxAgeMs - ageMs };
    this.#known.add(known);
    if (entry.kind === 'json') this.#json.add(known);
    const ofJob = this.#byJob.get(entry.jobId);
    if (ofJob === undefined) this.#byJob.set(entry.jobId, new Set([entry.file]));
    else ofJob.add(entry.file);
    this.#sizeBytes += entry.sizeBytes;
    this.#newestAt = Math.max(this.#newestAt, entry.createdAt);
  }

  forget({ file }: OutboxEntry): void {
    const known = this.#known.get(file);
    if (known === undefined) return;
    const { jobId, sizeBytes } = known.entry;
    this.#known.delete(file);
    this.#json.delete(file);
    this.#sizeBytes -= sizeBytes;
    const ofJob = this.#byJob.get(jobId);
    ofJob?.delete(file);
    if (ofJob?.size === 0) this.#byJob.delete(jobId);
  }

  has(file: string): boolean {
    return this.#known.get(file) !== undefined;
  }

  entryOf(file: string): OutboxEntry | undefined {
    return this.#known.get(file)?.entry;
  }

  /** Oldest first. */
  entries(): readonly OutboxEntry[] {
    return [...this.#known.oldestFirst()];
  }

  /** JSON results, oldest first, as they are now; read lazily, so the first few cost no look at the others. */
  json(): Iterable<OutboxEntry> {
    return this.#json.oldestFirst();
  }

  /** Oldest first. */
  ofJob(jobId: JobId): readonly OutboxEntry[] {
    const found = [...(this.#byJob.get(jobId) ?? [])].flatMap((file) => this.#known.get(file)?.entry ?? []);
    return found.toSorted((a, b) => a.createdAt - b.createdAt);
  }

  expired(): readonly OutboxEntry[] {
    const nowMs = this.#clock.elapsed();
    return [...this.#known].flatMap(({ entry, expiresAtMs }) => (nowMs > expiresAtMs ? [entry] : []));
  }

  /** No new entry is made before this time: there is one that is not known yet. */
  reserve(createdAt: number): void {
    this.#newestAt = Math.max(this.#newestAt, createdAt);
  }

  /** A time for a new entry: never one given before, and never before an older entry, since names sort by it. */
  nextCreatedAt(): number {
    return (this.#newestAt = Math.max(this.#clock.now(), this.#newestAt + 1));
  }
}

interface Known {
  readonly entry: OutboxEntry;
  readonly expiresAtMs: number;
}

/** Entries by their file. A new one is the newest of all, so only what is found on disk is ever out of order. */
class ByAge implements Iterable<Known> {
  #entries = new Map<string, Known>();
  #newestAt = Number.NEGATIVE_INFINITY;
  #isSorted = true;

  get size(): number {
    return this.#entries.size;
  }

  add(known: Known): void {
    const { file, createdAt } = known.entry;
    this.#entries.set(file, known);
    this.#isSorted &&= createdAt >= this.#newestAt;
    this.#newestAt = Math.max(this.#newestAt, createdAt);
  }

  delete(file: string): void {
    this.#entries.delete(file);
  }

  get(file: string): Known | undefined {
    return this.#entries.get(file);
  }

  [Symbol.iterator](): Iterator<Known> {
    return this.#entries.values();
  }

  *oldestFirst(): Generator<OutboxEntry, void> {
    if (!this.#isSorted) {
      const sorted = [...this.#entries].toSorted(([, a], [, b]) => a.entry.createdAt - b.entry.createdAt);
      this.#entries = new Map(sorted);
      this.#isSorted = true;
    }
    for (const { entry } of this.#entries.values()) yield entry;
  }
}
