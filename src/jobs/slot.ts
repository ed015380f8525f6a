import type { WorkerError } from '../base/errors.ts';
import type { JobId } from '../base/ids.ts';

/** Where a held job is: being computed, or on its way to the studio. */
export type SlotPhase = 'running' | 'delivering';

export interface HeldSlot extends Disposable {
  readonly jobId: JobId;
  /** Aborts with the reason when the job must stop. */
  readonly signal: AbortSignal;
  phase: SlotPhase;
}

/** The right to run the single one-off job. */
export interface Slot {
  /** What holds the slot, or undefined when it is free. */
  readonly held: HeldSlot | undefined;
  /** Takes the free slot. Synchronous: nothing may come between deciding and holding. Throws when it is taken. */
  hold(jobId: JobId): HeldSlot;
  /** Stops whatever holds the slot; the holder frees it once it has cleaned up. */
  cancel(reason: WorkerError): void;
  /** Calls back once when the slot is free; at once when it is. The returned function takes the call back. */
  whenFree(call: () => void): () => void;
}
