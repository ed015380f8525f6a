import { logFailure, type StudioState } from './state.ts';

/** A job, and the worker that has it as far as the store knows. */
export interface HeldJob {
  readonly jobId: string;
  readonly workerId: string;
}

/** How long a job stays where it is when the store could not take it back. */
export const TAKE_BACK_AGAIN_MS = 5_000;

/** Leaves the job where it is for a while, and then does what is to be done about it. */
export function giveGrace(studio: StudioState, held: HeldJob, ms: number, atEnd: () => Promise<void>): void {
  const { jobId, workerId } = held;
  endGrace(studio, jobId);
  const disarm = studio.clock.after(ms, () => {
    studio.graces.delete(jobId);
    logFailure(studio, atEnd());
  });
  studio.graces.set(jobId, { workerId, disarm });
}

/** Ends a grace, if there is one; the job itself is not changed. */
export function endGrace(studio: StudioState, jobId: string): void {
  studio.graces.get(jobId)?.disarm();
  studio.graces.delete(jobId);
}

/** Takes a job back. What the store cannot do now is retried until it can: nobody else would free the job. */
export async function takeBackSurely(studio: StudioState, held: HeldJob, work: () => Promise<void>): Promise<void> {
  if (studio.stopped) return;
  try {
    await work();
  } catch (thrown) {
    if (!studio.stopped) giveGrace(studio, held, TAKE_BACK_AGAIN_MS, () => takeBackSurely(studio, held, work));
    throw thrown;
  }
}
