import type { WorkerError } from '../../base/errors.ts';
import { SECOND_MS } from '../../base/units.ts';
import type { Clock } from '../../system/clock.ts';
import { type JobSlot, type SlotInUse, slotsFor } from './job-slot.ts';
import type { Lease, LeaseRequest, SlotRequest } from './lease.ts';
import type { Origin } from '../turn-order.ts';

/** A studio of the contract has one job in flight, unless it says otherwise. */
const MAX_STUDIO_JOBS = 1;

/** What is known of a lease beside itself. */
interface Holding {
  readonly abort: AbortController;
  readonly needs: JobSlot['kind'];
  /** Since when its result is being delivered, in elapsed milliseconds of the clock; undefined before. */
  deliveringSince: number | undefined;
}

/** A result is delivered within this as a rule; a large one over a slow line takes minutes, and is not waited for. */
const DELIVERED_WITHIN_MS = SECOND_MS;

/** Who holds which slot. */
export class Holders {
  readonly #slots: () => readonly JobSlot[];
  readonly #clock: Pick<Clock, 'elapsed'>;
  readonly #held = new Map<Lease, Holding>();
  readonly #max = new Map<Origin, number>([['studio', MAX_STUDIO_JOBS]]);

  constructor(slots: () => readonly JobSlot[], clock: Pick<Clock, 'elapsed'>) {
    this.#slots = slots;
    this.#clock = clock;
  }

  /** Oldest first. */
  get held(): readonly Lease[] {
    return [...this.#held.keys()];
  }

  get count(): number {
    return this.#held.size;
  }

  /** Holds the slot, free or not, until the lease is disposed of; `onFreed` is called once then. */
  lease({ origin, purpose, wish }: LeaseRequest, slot: JobSlot, onFreed: () => void): Lease {
    const clock = this.#clock;
    const abort = new AbortController();
    const holding: Holding = { abort, needs: wish?.needs ?? 'gpu', deliveringSince: undefined };
    const lease: Lease = {
      is: 'leased',
      origin,
      purpose,
      slot,
      signal: abort.signal,
      get phase() {
        return holding.deliveringSince === undefined ? 'running' : 'delivering';
      },
      set phase(next) {
        holding.deliveringSince = next === 'running' ? undefined : (holding.deliveringSince ?? clock.elapsed());
      },
      [Symbol.dispose]: () => {
        if (this.#held.delete(lease)) onFreed();
      },
    };
    this.#held.set(lease, holding);
    return lease;
  }

  cancel(purpose: string, reason: WorkerError): boolean {
    const found = [...this.#held].find(([{ purpose: its }]) => its === purpose);
    found?.[1].abort.abort(reason);
    return found !== undefined;
  }

  setMax(origin: Origin, max: number): void {
    this.#max.set(origin, max);
  }

  isBelowMax(origin: Origin): boolean {
    const max = this.#max.get(origin);
    return max === undefined || this.#countOf(origin) < max;
  }

  /** Whether anything is held for this origin. */
  has(origin: Origin): boolean {
    return this.#countOf(origin) > 0;
  }

  #countOf(origin: Origin): number {
    let count = 0;
    for (const lease of this.#held.keys()) if (lease.origin === origin) count += 1;
    return count;
  }

  inUse(): readonly SlotInUse[] {
    const now = this.#clock.elapsed();
    return [...this.#held].map(([{ slot }, { deliveringSince }]) => ({
      slot,
      isFreeSoon: deliveringSince !== undefined && now - deliveringSince < DELIVERED_WITHIN_MS,
    }));
  }

  /** What was begun before any GPU was known may run on one of them. */
  isFree({ id, kind }: JobSlot): boolean {
    for (const [{ slot }, { needs }] of this.#held) {
      if (slot.id === id || (kind === 'gpu' && slot.kind === 'cpu' && needs === 'gpu')) return false;
    }
    return true;
  }

  /** Who holds what this request waits for. */
  inTheWayOf({ origin, wish }: SlotRequest): readonly Lease[] {
    if (origin === 'maintenance') return this.held;
    if (!this.isBelowMax(origin)) return this.held.filter((lease) => lease.origin === origin);
    const may = new Set(slotsFor(this.#slots(), wish?.needs ?? 'gpu').map(({ id }) => id));
    const holders = this.held.filter(({ slot }) => may.has(slot.id));
    return holders.length > 0 ? holders : this.held.filter(({ slot }) => slot.kind === 'cpu');
  }
}
