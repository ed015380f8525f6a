import type { WorkerError } from '../base/errors.ts';
import type { Clock } from '../system/clock.ts';

/*
 * Who may use this machine's engines, and when. A lease is the right to one slot; whoever cannot have one at once may
 * wait for it, first come, first served.
 *
 *   reserve ──free slot──▶ leased ──dispose──▶ free ──▶ the first who waits
 *      │                                         └────▶ nobody waits and nothing is held: idle
 *      └──no free slot──▶ refused, with who holds what
 *
 * Maintenance wants the whole machine: it waits for every slot, and while it waits nobody else gets one.
 */

/** Who asks: an offer of the studio, a request on this machine, or the worker itself, to change what runs. */
export type Origin = 'studio' | 'local' | 'maintenance';

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

interface Waiting extends LeaseRequest {
  readonly answer: (answer: Lease | SlotRefusal) => void;
}

/** @param options.slots how many may be held at a time; a studio of the contract has one job in flight */
export function createScheduler({
  clock,
  slots = 1,
}: {
  readonly clock: Pick<Clock, 'after'>;
  readonly slots?: number;
}): Scheduler {
  const held = new Map<Lease, AbortController>();
  const waiting = new Set<Waiting>();
  const idle = new Set<() => void>();

  const holders = (): SlotHolder[] =>
    [...held.keys()].map(({ origin, purpose, phase }) => ({ origin, purpose, phase }));
  const isMaintained = (): boolean => [...held.keys(), ...waiting].some(({ origin }) => origin === 'maintenance');

  /** Whoever waits comes first: a slot that is free while somebody waits is theirs. */
  function refusal(origin: Origin): SlotRefusal | undefined {
    if (isMaintained()) return { is: 'refused', because: 'maintenance', holders: holders() };
    const isFree = origin === 'maintenance' ? held.size === 0 : held.size < slots && waiting.size === 0;
    return isFree ? undefined : { is: 'refused', because: 'busy', holders: holders() };
  }

  function lease({ origin, purpose }: LeaseRequest): Lease {
    const abort = new AbortController();
    const mine: Lease = {
      is: 'leased',
      origin,
      purpose,
      signal: abort.signal,
      phase: 'running',
      [Symbol.dispose]() {
        if (held.delete(mine)) handOn();
      },
    };
    held.set(mine, abort);
    return mine;
  }

  function nextWaiting(): Waiting | undefined {
    const all = [...waiting];
    const maintenance = all.find(({ origin }) => origin === 'maintenance');
    if (maintenance !== undefined) return held.size === 0 ? maintenance : undefined;
    return held.size < slots && !isMaintained() ? all[0] : undefined;
  }

  /** What is called here may reserve or free slots itself, so everything is read anew after each call. */
  function handOn(): void {
    for (let next = nextWaiting(); next !== undefined; next = nextWaiting()) {
      waiting.delete(next);
      next.answer(lease(next));
    }
    for (const call of idle) {
      if (held.size > 0) return;
      idle.delete(call);
      call();
    }
  }

  function reserve(request: LeaseRequest): Lease | SlotRefusal {
    return refusal(request.origin) ?? lease(request);
  }

  return {
    get held() {
      return [...held.keys()];
    },
    refusal,
    reserve,
    waitFor(request, { maxWaitMs, onAnswer }) {
      const now = reserve(request);
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
      const disarm = clock.after(maxWaitMs, () => {
        waiting.delete(mine);
        onAnswer(refusal(origin) ?? { is: 'refused', because: 'busy', holders: holders() });
        handOn(); // others may have waited for maintenance that is not to be
      });
      waiting.add(mine);
      return () => {
        disarm();
        if (waiting.delete(mine)) handOn();
      };
    },
    cancel(purpose, reason) {
      const found = [...held].find(([{ purpose: its }]) => its === purpose);
      found?.[1].abort(reason);
      return found !== undefined;
    },
    whenIdle(call) {
      if (held.size === 0) {
        call();
        return () => {};
      }
      idle.add(call);
      return () => void idle.delete(call);
    },
  };
}
