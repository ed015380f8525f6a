import type { Clock } from '../../system/clock.ts';
import { gapLeftMs, type LocalPriority, chooseTurn, type Origin, type TurnFacts } from '../turn-order.ts';
import type { Holders } from './holders.ts';
import { type JobSlot, slotsFor } from './job-slot.ts';
import type { SlotRequest } from './lease.ts';

export interface FreeSlotsOptions {
  readonly clock: Pick<Clock, 'elapsed'>;
  /** Read anew each time. */
  readonly slots: () => readonly JobSlot[];
  readonly holders: Pick<Holders, 'isBelowMax' | 'isFree' | 'inUse'>;
  readonly localPriority: () => LocalPriority;
}

/** Which free slot a request would have. An answer changes nothing; it has to be told of leases that ended. */
export class FreeSlots {
  readonly #options: FreeSlotsOptions;
  /** Who had each slot last, and until when. */
  readonly #last = new Map<string, { readonly origin: Origin; readonly endedAt: number }>();

  constructor(options: FreeSlotsOptions) {
    this.#options = options;
  }

  /** A lease of this slot ended. Maintenance had them all. */
  onFreed(slot: JobSlot, origin: Origin): void {
    const { clock, slots } = this.#options;
    const endedAt = clock.elapsed();
    for (const { id } of origin === 'maintenance' ? slots() : [slot]) this.#last.set(id, { origin, endedAt });
  }

  /** The one that this request would have, unless it is left to the studio at this moment of the clock. */
  slotAt(now: number, request: SlotRequest): JobSlot | undefined {
    const slot = this.#slotFor(request);
    const isLeftFree = slot !== undefined && request.origin === 'local' && this.#gapLeftMs(slot, now) > 0;
    return isLeftFree ? undefined : slot;
  }

  /** Of the requests that wait, given in order of arrival, the one that gets a slot next; undefined where no slot suits any. */
  nextOf<Waiting extends SlotRequest>(
    all: readonly Waiting[],
  ): { readonly waiting: Waiting; readonly slot: JobSlot } | undefined {
    const now = this.#options.clock.elapsed(); // one for all: of two whose moment ends now, the first is served
    const served = all.flatMap((waiting) => {
      const slot = this.slotAt(now, waiting);
      return slot === undefined ? [] : [{ origin: waiting.origin, waiting, slot }];
    });
    const first = served.find(({ origin }) => origin === 'local') ?? served[0];
    return first && chooseTurn(served, this.#turnFacts(first.slot, now));
  }

  /** For how long the first of these requests still leaves its free slot to the studio; undefined where none does. */
  gapLeftMs(all: readonly SlotRequest[]): number | undefined {
    const now = this.#options.clock.elapsed();
    const lefts = all.flatMap((request) => {
      const slot = request.origin === 'local' ? this.#slotFor(request) : undefined;
      return slot === undefined ? [] : [this.#gapLeftMs(slot, now)];
    });
    return lefts.length === 0 ? undefined : Math.min(...lefts);
  }

  /** Undefined when there is none, or the request had better wait. */
  #slotFor({ origin, wish }: SlotRequest): JobSlot | undefined {
    const { slots, holders } = this.#options;
    if (!holders.isBelowMax(origin)) return undefined;
    const may = slotsFor(slots(), wish?.needs ?? 'gpu');
    const free = may.filter((slot) => holders.isFree(slot));
    if (may.length < 2 || free.length === 0 || wish?.choose === undefined) return free[0];
    return wish.choose({ free, held: holders.inUse() });
  }

  /** For how long requests of this machine still leave this free slot to the studio. */
  #gapLeftMs(slot: JobSlot, now: number): number {
    return gapLeftMs(this.#turnFacts(slot, now));
  }

  /** A slot is left to the studio only where it could use it and has no other free one of its kind. */
  #turnFacts({ id, kind }: JobSlot, now: number): TurnFacts {
    const { slots, holders, localPriority } = this.#options;
    const { origin, endedAt = 0 } = this.#last.get(id) ?? {};
    const isAnother = (other: JobSlot): boolean => other.kind === kind && other.id !== id && holders.isFree(other);
    const isSpare = !holders.isBelowMax('studio') || slots().some(isAnother);
    return {
      priority: localPriority(),
      lastOrigin: isSpare ? undefined : origin,
      freeForMs: now - endedAt,
    };
  }
}
