import type { WorkerError } from '../base/errors.ts';
import type { Clock } from '../system/clock.ts';
import { Holders, type Holding } from './slots/holders.ts';
import { CPU_SLOT, type JobSlot, ONLY_SLOT, slotsFor } from './slots/job-slot.ts';
import { type Lease, type LeaseRequest, refused, type SlotRefusal, type SlotRequest } from './slots/lease.ts';
import { gapLeftMs, type LocalPriority, nextTurn, type Origin, type TurnFacts } from './turn-order.ts';

/*
 * Who may use this machine's engines, and when. A lease is the right to one slot; whoever cannot have one at once may
 * wait for it. Of those of one origin who may have a free slot, the first who came is served first; between studio and
 * machine `turn-order` decides.
 *
 *   reserve ──free slot──▶ leased ──dispose──▶ free ──▶ whose turn it is of those who wait
 *      │                                         └────▶ nobody waits and nothing is held: idle
 *      └──no free slot──▶ refused, with who holds what
 *
 * Maintenance wants the whole machine: it waits for every slot, and while it waits nobody else gets one.
 */

/** Called exactly once with the answer, unless the wait is taken back before. */
export interface LeaseWait {
  readonly maxWaitMs: number;
  /** Synchronous: nothing comes between the slot's last holder and this call. */
  readonly onAnswer: (answer: Lease | SlotRefusal) => void;
}

export interface Scheduler {
  /** What is held now, oldest first. */
  readonly held: readonly Lease[];
  /** Why no slot can be had at once; undefined when one can. */
  refusal(request: SlotRequest): SlotRefusal | undefined;
  /** Takes a free slot. Synchronous: nothing may come between deciding and holding. */
  reserve(request: LeaseRequest): Lease | SlotRefusal;
  /** Takes a free slot at once, or the next one that comes free in time. The returned function takes the wait back. */
  waitFor(request: LeaseRequest, wait: LeaseWait): () => void;
  /** Stops what the slot is for; its holder frees it once it has cleaned up. False when nothing of that name is held. */
  cancel(purpose: string, reason: WorkerError): boolean;
  /** Calls back once when nothing is held; at once when that is so. The returned function takes the call back. */
  whenIdle(call: () => void): () => void;
  /** The most slots that an origin may hold at a time, from now on; what is held beyond it is kept to its end. */
  setMax(origin: Origin, max: number): void;
  /** To be called when other slots are there, or those who wait may choose otherwise than before. */
  reconsider(): void;
}

export interface SchedulerOptions {
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  /** When requests of this machine are served; `first` when left out. */
  readonly localPriority?: () => LocalPriority;
  /** Called when a request of this machine waits, and the free slot is left to the studio for a moment. */
  readonly onLeftFree?: () => void;
  /** Read anew each time; one for everything when left out. */
  readonly slots?: () => readonly JobSlot[];
}

export const createScheduler = (options: SchedulerOptions): Scheduler => new SlotScheduler(options);

interface Waiting extends LeaseRequest {
  readonly answer: (answer: Lease | SlotRefusal) => void;
}

class SlotScheduler implements Scheduler {
  readonly #options: SchedulerOptions;
  readonly #holders: Holders;
  readonly #waiting = new Set<Waiting>();
  readonly #idle = new Set<() => void>();
  /** Who had each slot last, and until when. */
  readonly #last = new Map<string, { readonly origin: Origin; readonly endedAt: number }>();
  #gapEnds: (() => void) | undefined;
  #isServing = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#holders = new Holders(() => this.#slots);
  }

  get held(): readonly Lease[] {
    return this.#holders.held;
  }

  refusal(request: SlotRequest): SlotRefusal | undefined {
    this.reconsider(); // who waits may choose otherwise by now
    return this.#refusal(request);
  }

  reserve(request: LeaseRequest): Lease | SlotRefusal {
    this.reconsider();
    const slot = this.#isMaintained() ? undefined : this.#slotNow(request);
    return slot === undefined ? (this.#refusal(request) ?? refused('busy', this.held)) : this.#lease(request, slot);
  }

  waitFor(request: LeaseRequest, { maxWaitMs, onAnswer }: LeaseWait): () => void {
    const now = this.reserve(request);
    if (now.is === 'leased') {
      onAnswer(now);
      return () => {};
    }
    const mine: Waiting = {
      ...request,
      answer: (answer) => {
        disarm();
        onAnswer(answer);
      },
    };
    const disarm = this.#options.clock.after(maxWaitMs, () => {
      this.#waiting.delete(mine);
      onAnswer(this.#refusal(request) ?? refused('busy', this.#holders.inTheWayOf(request)));
      this.#handOn(); // others may have waited for maintenance that is not to be
    });
    this.#waiting.add(mine);
    this.#watchGap();
    return () => {
      disarm();
      if (this.#waiting.delete(mine)) this.#handOn();
    };
  }

  cancel(purpose: string, reason: WorkerError): boolean {
    return this.#holders.cancel(purpose, reason);
  }

  whenIdle(call: () => void): () => void {
    if (this.#holders.count === 0) {
      call();
      return () => {};
    }
    this.#idle.add(call);
    return () => void this.#idle.delete(call);
  }

  setMax(origin: Origin, max: number): void {
    this.#holders.setMax(origin, max);
    this.#handOn();
  }

  reconsider(): void {
    if (this.#waiting.size > 0 && !this.#isServing) this.#serve();
  }

  /** A free slot is somebody's who waits, unless it is left to the studio, and then it is the studio's alone. */
  #refusal({ origin, wish }: SlotRequest): SlotRefusal | undefined {
    if (this.#isMaintained()) return refused('maintenance', this.held);
    if (this.#slotNow({ origin, wish }) !== undefined) return undefined;
    return refused('busy', this.#holders.inTheWayOf({ origin, wish }));
  }

  #lease({ origin, purpose, wish }: LeaseRequest, slot: JobSlot): Lease {
    const { clock } = this.#options;
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
        if (!this.#holders.remove(lease)) return;
        const freed = origin === 'maintenance' ? this.#slots : [slot];
        const endedAt = clock.elapsed();
        for (const { id } of freed) this.#last.set(id, { origin, endedAt });
        this.#handOn();
      },
    };
    this.#holders.add(lease, holding);
    return lease;
  }

  #now(): number {
    return this.#options.clock.elapsed();
  }

  get #slots(): readonly JobSlot[] {
    return this.#options.slots?.() ?? ONLY_SLOT;
  }

  #isMaintained(): boolean {
    if (this.#holders.has('maintenance')) return true;
    for (const { origin } of this.#waiting) if (origin === 'maintenance') return true;
    return false;
  }

  /** The slot that whoever asks now gets at once, if nobody who waits is to have one first. */
  #slotNow(request: SlotRequest): JobSlot | undefined {
    if (request.origin === 'maintenance') return this.#holders.count === 0 ? CPU_SLOT : undefined;
    if (this.#nextWaiting() !== undefined) return undefined;
    return this.#slotAt(this.#now(), request);
  }

  /** The free slot that this request would have, unless it is left to the studio at this moment. */
  #slotAt(now: number, request: SlotRequest): JobSlot | undefined {
    const slot = this.#slotFor(request);
    const isLeftFree = slot !== undefined && request.origin === 'local' && this.#gapLeftMs(slot, now) > 0;
    return isLeftFree ? undefined : slot;
  }

  /** The free slot that this request would have; undefined when there is none, or it had better wait. */
  #slotFor({ origin, wish }: SlotRequest): JobSlot | undefined {
    if (!this.#holders.isBelowMax(origin)) return undefined;
    const may = slotsFor(this.#slots, wish?.needs ?? 'gpu');
    const free = may.filter((slot) => this.#holders.isFree(slot));
    if (may.length < 2 || free.length === 0 || wish?.choose === undefined) return free[0];
    return wish.choose({ free, held: this.#holders.inUse(this.#options.clock.elapsed()) });
  }

  #nextWaiting(): { readonly waiting: Waiting; readonly slot: JobSlot } | undefined {
    if (this.#waiting.size === 0) return undefined;
    const all = [...this.#waiting];
    const maintenance = all.find(({ origin }) => origin === 'maintenance');
    if (maintenance !== undefined)
      return this.#holders.count === 0 ? { waiting: maintenance, slot: CPU_SLOT } : undefined;
    if (this.#isMaintained()) return undefined;
    const now = this.#now(); // one for all: of two whose moment ends now, the first is served
    const served = all.flatMap((waiting) => {
      const slot = this.#slotAt(now, waiting);
      return slot === undefined ? [] : [{ origin: waiting.origin, waiting, slot }];
    });
    const first = served.find(({ origin }) => origin === 'local') ?? served[0];
    return first && nextTurn(served, this.#turnFacts(first.slot, now));
  }

  /** For how long requests of this machine still leave this free slot to the studio. */
  #gapLeftMs(slot: JobSlot, now: number): number {
    return gapLeftMs(this.#turnFacts(slot, now));
  }

  /** A slot is left to the studio only where it could use it and has no other free one of its kind. */
  #turnFacts(slot: JobSlot, now: number): TurnFacts {
    const { localPriority = () => 'first' } = this.#options;
    const { origin, endedAt = 0 } = this.#last.get(slot.id) ?? {};
    const { id, kind } = slot;
    const isAnother = (other: JobSlot): boolean =>
      other.kind === kind && other.id !== id && this.#holders.isFree(other);
    const isSpare = !this.#holders.isBelowMax('studio') || this.#slots.some(isAnother);
    return {
      priority: localPriority(),
      lastOrigin: isSpare ? undefined : origin,
      freeForMs: now - endedAt,
    };
  }

  /** While a free slot is left to the studio, somebody has to see to it that this ends, also where it has just ended. */
  #watchGap(): void {
    if (this.#waiting.size === 0 || this.#isMaintained()) return;
    const now = this.#now();
    const lefts = [...this.#waiting].flatMap((waiting) => {
      const slot = waiting.origin === 'local' ? this.#slotFor(waiting) : undefined;
      return slot === undefined ? [] : [this.#gapLeftMs(slot, now)];
    });
    if (lefts.length === 0) return;
    const leftMs = Math.min(...lefts);
    this.#gapEnds?.();
    this.#gapEnds = this.#options.clock.after(leftMs, () => this.#handOn());
    if (leftMs > 0) this.#options.onLeftFree?.();
  }

  /** Gives free slots to those who wait. What is called here may reserve or free slots itself: all is read anew each time. */
  #serve(): void {
    const isOutermost = !this.#isServing;
    this.#isServing = true;
    for (let next = this.#nextWaiting(); next !== undefined; next = this.#nextWaiting()) {
      const { waiting, slot } = next;
      this.#waiting.delete(waiting);
      waiting.answer(this.#lease(waiting, slot));
    }
    if (isOutermost) this.#isServing = false;
  }

  #handOn(): void {
    this.#serve();
    this.#watchGap();
    for (const call of this.#idle) {
      if (this.#holders.count > 0) return;
      this.#idle.delete(call);
      call();
    }
  }
}
