import type { JobSlot, SlotPreference } from './job-slot.ts';
import type { Origin } from '../turn-order.ts';

/** Where the holder of a slot is: at work, or delivering the result to the requester. */
export type LeasePhase = 'running' | 'delivering';

export interface SlotRequest {
  readonly origin: Origin;
  /** Any slot for GPUs when left out. Maintenance has them all. */
  readonly wish?: SlotPreference | undefined;
}

export interface LeaseRequest extends SlotRequest {
  /** What the slot is for, as people are shown it: the id of a job, `update 0.6.1`. */
  readonly purpose: string;
}

/** One slot in somebody's hands. Disposing it frees the slot; disposing twice is harmless. */
export interface Lease extends Omit<LeaseRequest, 'wish'>, Disposable {
  readonly is: 'leased';
  readonly slot: JobSlot;
  /** Aborts with the reason when the holder must stop. */
  readonly signal: AbortSignal;
  phase: LeasePhase;
}

/** What holds a slot, as told to a request that got none. */
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

export function refused(because: SlotRefusal['because'], inTheWay: readonly Lease[]): SlotRefusal {
  const holders = inTheWay.map(({ origin, purpose, phase }) => ({ origin, purpose, phase }));
  return { is: 'refused', because, holders };
}
