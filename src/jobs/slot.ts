import { WorkerError } from '../base/errors.ts';
import type { JobId } from '../base/ids.ts';

/** Where a held job is: being computed, or on its way to the studio. */
export type SlotPhase = 'running' | 'delivering';

/** The slot in somebody's hands. Disposing it frees the slot. */
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

/** A free slot. Disposing what `hold` returned frees it again, on every way out, and disposing twice is harmless. */
export function createSlot(): Slot {
  let held: HeldSlot | undefined;
  let abort: AbortController | undefined;
  const waiting = new Set<() => void>();

  /** Stops at the first caller that takes the slot again: the others go on waiting. */
  const free = (): void => {
    held = undefined;
    abort = undefined;
    for (const call of waiting) {
      if (held !== undefined) return;
      waiting.delete(call);
      call();
    }
  };

  return {
    get held() {
      return held;
    },
    hold(jobId) {
      if (held !== undefined) throw new WorkerError('internal', `the slot is held by job ${held.jobId}`);
      abort = new AbortController();
      const mine: HeldSlot = {
        jobId,
        signal: abort.signal,
        phase: 'running',
        [Symbol.dispose]() {
          if (held === mine) free();
        },
      };
      held = mine;
      return mine;
    },
    cancel: (reason) => abort?.abort(reason),
    whenFree(call) {
      if (held === undefined) {
        call();
        return () => {};
      }
      waiting.add(call);
      return () => void waiting.delete(call);
    },
  };
}
