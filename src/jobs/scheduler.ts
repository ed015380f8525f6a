import type { WorkerError } from '../base/errors.ts';
import type { Clock } from '../system/clock.ts';
import { FreeSlots } from './slots/free-slots.ts';
import { Holders } from './slots/holders.ts';
import { CPU_SLOT, type JobSlot, ONLY_SLOT } from './slots/job-slot.ts';
import {
  type Lease,
  type LeaseRequest,
  type LeaseWait,
  refused,
  type SlotRefusal,
  type SlotRequest,
} from './slots/lease.ts';
import type { LocalPriority, Origin } from './turn-order.ts';

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

export interface Scheduler {
  /** What is held now, oldest first. */
  readonly held: readonly Lease[];
  /** Why no slot can be had at once; undefined when one can. Serves nobody who waits: that is for `reconsider`. */
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
  /** Serves those who wait. To be called when other slots are there, or they may choose otherwise than before. */
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
  readonly #free: FreeSlots;
  readonly #waiting = new Set<Waiting>();
  readonly #idle = new Set<() => void>();
  #gapEnds: (() => void) | undefined;
  #isServing = false;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    const { clock, localPriority = () => 'first', slots = () => ONLY_SLOT } = options;
    this.#holders = new Holders(slots, clock);
    this.#free = new FreeSlots({ clock, slots, holders: this.#holders, localPriority });
  }

  get held(): readonly Lease[] {
    return this.#holders.held;
  }

  refusal(request: SlotRequest): SlotRefusal | undefined {
    if (this.#isMaintained()) return refused('maintenance', this.held);
    if (this.#slotNow(request) !== undefined) return undefined;
    return refused('busy', this.#holders.inTheWayOf(request));
  }

  reserve(request: LeaseRequest): Lease | SlotRefusal {
    this.reconsider(); // who waits may choose otherwise by now
    const slot = this.#isMaintained() ? undefined : this.#slotNow(request);
    return slot === undefined ? (this.refusal(request) ?? refused('busy', this.held)) : this.#lease(request, slot);
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
      onAnswer(this.refusal(request) ?? refused('busy', this.#holders.inTheWayOf(request)));
      this.#handOn(); // others may have waited for maintenance whose wait has just timed out
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

  #lease(request: LeaseRequest, slot: JobSlot): Lease {
    return this.#holders.lease(request, slot, () => {
      this.#free.onFreed(slot, request.origin);
      this.#handOn();
    });
  }

  #isMaintained(): boolean {
    return this.#holders.has('maintenance') || [...this.#waiting].some(({ origin }) => origin === 'maintenance');
  }

  /** A free slot is somebody's who waits, unless it is left to the studio, and then it is the studio's alone. */
  #slotNow(request: SlotRequest): JobSlot | undefined {
    if (request.origin === 'maintenance') return this.#holders.count === 0 ? CPU_SLOT : undefined;
    if (this.#nextWaiting() !== undefined) return undefined;
    return this.#free.slotAt(this.#options.clock.elapsed(), request);
  }

  #nextWaiting(): { readonly waiting: Waiting; readonly slot: JobSlot } | undefined {
    const all = [...this.#waiting];
    const maintenance = all.find(({ origin }) => origin === 'maintenance');
    if (maintenance === undefined) return this.#holders.has('maintenance') ? undefined : this.#free.nextOf(all);
    return this.#holders.count === 0 ? { waiting: maintenance, slot: CPU_SLOT } : undefined;
  }

  /** While a free slot is left to the studio, somebody has to see to it that this ends, also where it has just ended. */
  #watchGap(): void {
    if (this.#waiting.size === 0 || this.#isMaintained()) return;
    const leftMs = this.#free.gapLeftMs([...this.#waiting]);
    if (leftMs === undefined) return;
    this.#gapEnds?.();
    this.#gapEnds = this.#options.clock.after(leftMs, () => this.#handOn());
    if (leftMs > 0) this.#options.onLeftFree?.();
  }

  /** Gives free slots to those who wait. What is called here may reserve or free slots itself: all is read anew each time. */
  #serve(): void {
    const isOutermost = !this.#isServing;
    this.#isServing = true;
    try {
      for (let next = this.#nextWaiting(); next !== undefined; next = this.#nextWaiting()) {
        const { waiting, slot } = next;
        this.#waiting.delete(waiting);
        waiting.answer(this.#lease(waiting, slot));
      }
    } finally {
      if (isOutermost) this.#isServing = false;
    }
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
