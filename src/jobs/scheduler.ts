import type { WorkerError } from '../base/errors.ts';
import type { Clock } from '../system/clock.ts';
import { gapLeftMs, type LocalPriority, nextTurn, type Origin, type TurnFacts } from './turn-order.ts';

/*
 * Who may use this machine's engines, and when. A lease is the right to one slot; whoever cannot have one at once may
 * wait for it. Of one origin the first who came is served first; between studio and machine `turn-order` decides.
 *
 *   reserve ──free slot──▶ leased ──dispose──▶ free ──▶ whose turn it is of those who wait
 *      │                                         └────▶ nobody waits and nothing is held: idle
 *      └──no free slot──▶ refused, with who holds what
 *
 * Maintenance wants the whole machine: it waits for every slot, and while it waits nobody else gets one.
 */

/** Where the holder of a slot is: at work, or getting the result to whoever asked. */
export type LeasePhase = 'running' | 'delivering';

export interface LeaseRequest {
  readonly origin: Origin;
  /** What the slot is for, as people are shown it: the id of a job, `update 0.6.1`. */
  readonly purpose: string;
}

/** One slot in somebody's hands. Disposing it frees the slot; disposing twice is harmless. */
export interface Lease extends LeaseRequest, Disposable {
  readonly is: 'leased';
  /** Aborts with the reason when the holder must stop. */
  readonly signal: AbortSignal;
  phase: LeasePhase;
}

/** What holds a slot, for whoever could not have one. */
export type SlotHolder = Pick<Lease, 'origin' | 'purpose' | 'phase'>;

export interface SlotRefusal {
  readonly is: 'refused';
  /** `maintenance`: a slot may be free, but all of them are about to be needed. */
  readonly because: 'busy' | 'maintenance';
  readonly holders: readonly SlotHolder[];
}

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
  refusal(origin: Origin): SlotRefusal | undefined;
  /** Takes a free slot. Synchronous: nothing may come between deciding and holding. */
  reserve(request: LeaseRequest): Lease | SlotRefusal;
  /** Takes a free slot at once, or the next one that comes free in time. The returned function takes the wait back. */
  waitFor(request: LeaseRequest, wait: LeaseWait): () => void;
  /** Stops what the slot is for; its holder frees it once it has cleaned up. False when nothing of that name is held. */
  cancel(purpose: string, reason: WorkerError): boolean;
  /** Calls back once when nothing is held; at once when that is so. The returned function takes the call back. */
  whenIdle(call: () => void): () => void;
}

export interface SchedulerOptions {
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  /** When requests of this machine are served; `first` when left out. */
  readonly localPriority?: () => LocalPriority;
  /** Called when a request of this machine waits, and the free slot is left to the studio for a moment. */
  readonly onLeftFree?: () => void;
  /** How many may be held at a time; a studio of the contract has one job in flight. */
  readonly slots?: number;
}

export const createScheduler = (options: SchedulerOptions): Scheduler => new SlotScheduler(options);

interface Waiting extends LeaseRequest {
  readonly answer: (answer: Lease | SlotRefusal) => void;
}

class SlotScheduler implements Scheduler {
  readonly #options: SchedulerOptions;
  readonly #slots: number;
  readonly #held = new Map<Lease, AbortController>();
  readonly #waiting = new Set<Waiting>();
  readonly #idle = new Set<() => void>();
  #last: { readonly origin: Origin; readonly endedAt: number } | undefined;
  #gapEnds: (() => void) | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#slots = options.slots ?? 1;
  }

  get held(): readonly Lease[] {
    return [...this.#held.keys()];
  }

  /** A free slot is somebody's who waits, unless it is left to the studio, and then it is the studio's alone. */
  refusal(origin: Origin): SlotRefusal | undefined {
    if (this.#isMaintained()) return this.#refused('maintenance');
    const { size } = this.#held;
    if (origin === 'maintenance') return size === 0 ? undefined : this.#refused('busy');
    const isTheirs = origin === 'studio' || gapLeftMs(this.#turnFacts()) === 0;
    const isFree = size < this.#slots && isTheirs && this.#nextWaiting() === undefined;
    return isFree ? undefined : this.#refused('busy');
  }

  reserve(request: LeaseRequest): Lease | SlotRefusal {
    return this.refusal(request.origin) ?? this.#lease(request);
  }

  waitFor(request: LeaseRequest, { maxWaitMs, onAnswer }: LeaseWait): () => void {
    const now = this.reserve(request);
    if (now.is === 'leased') {
      onAnswer(now);
      return () => {};
    }
    const { origin, purpose } = request;
    const mine: Waiting = {
      origin,
      purpose,
      answer: (answer) => {
        disarm();
        onAnswer(answer);
      },
    };
    const disarm = this.#options.clock.after(maxWaitMs, () => {
      this.#waiting.delete(mine);
      onAnswer(this.refusal(origin) ?? this.#refused('busy'));
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
    const found = [...this.#held].find(([{ purpose: its }]) => its === purpose);
    found?.[1].abort(reason);
    return found !== undefined;
  }

  whenIdle(call: () => void): () => void {
    if (this.#held.size === 0) {
      call();
      return () => {};
    }
    this.#idle.add(call);
    return () => void this.#idle.delete(call);
  }

  #lease({ origin, purpose }: LeaseRequest): Lease {
    const abort = new AbortController();
    const lease: Lease = {
      is: 'leased',
      origin,
      purpose,
      signal: abort.signal,
      phase: 'running',
      [Symbol.dispose]: () => {
        if (!this.#held.delete(lease)) return;
        this.#last = { origin, endedAt: this.#options.clock.elapsed() };
        this.#handOn();
      },
    };
    this.#held.set(lease, abort);
    return lease;
  }

  #refused(because: SlotRefusal['because']): SlotRefusal {
    const holders = this.held.map(({ origin, purpose, phase }) => ({ origin, purpose, phase }));
    return { is: 'refused', because, holders };
  }

  #isMaintained(): boolean {
    return [...this.#held.keys(), ...this.#waiting].some(({ origin }) => origin === 'maintenance');
  }

  #nextWaiting(): Waiting | undefined {
    const all = [...this.#waiting];
    const maintenance = all.find(({ origin }) => origin === 'maintenance');
    if (maintenance !== undefined) return this.#held.size === 0 ? maintenance : undefined;
    return this.#held.size < this.#slots && !this.#isMaintained() ? nextTurn(all, this.#turnFacts()) : undefined;
  }

  #turnFacts(): TurnFacts {
    const { clock, localPriority = () => 'first' } = this.#options;
    const { origin, endedAt = 0 } = this.#last ?? {};
    return { priority: localPriority(), lastOrigin: origin, freeForMs: clock.elapsed() - endedAt };
  }

  /** While a free slot is left to the studio, somebody has to see to it that this ends. */
  #watchGap(): void {
    const leftMs = this.#held.size < this.#slots && this.#waiting.size > 0 ? gapLeftMs(this.#turnFacts()) : 0;
    if (leftMs === 0) return;
    this.#gapEnds?.();
    this.#gapEnds = this.#options.clock.after(leftMs, () => this.#handOn());
    this.#options.onLeftFree?.();
  }

  /** What is called here may reserve or free slots itself, so everything is read anew after each call. */
  #handOn(): void {
    for (let next = this.#nextWaiting(); next !== undefined; next = this.#nextWaiting()) {
      this.#waiting.delete(next);
      next.answer(this.#lease(next));
    }
    this.#watchGap();
    for (const call of this.#idle) {
      if (this.#held.size > 0) return;
      this.#idle.delete(call);
      call();
    }
  }
}
