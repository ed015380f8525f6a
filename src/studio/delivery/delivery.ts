import type { JobOutcome } from '../../jobs/job.ts';

/** What became of an outcome. */
export type DeliveryReport =
  | { readonly is: 'delivered' }
  /** The studio was told that the job failed. */
  | { readonly is: 'reported' }
  /** Kept on disk; delivery goes on in the background. */
  | { readonly is: 'kept'; readonly because: string }
  /** The studio does not want it any more, or can never get it. */
  | { readonly is: 'dropped'; readonly because: string };

/** Gets outcomes to the studio, through whichever session is live, and keeps finished results until they are there. */
export interface Delivery {
  /** Delivers one outcome. Owns its retries and never throws. Resolves when the slot may be given to another job. */
  deliver(outcome: JobOutcome): Promise<DeliveryReport>;
  /** Tries every result that an earlier process, or an earlier session, left behind. Never throws. */
  deliverPending(): Promise<void>;
  /** Whether one more result would still fit. */
  hasRoom(): boolean;
  /** Results waiting on disk. */
  pending(): { readonly count: number; readonly sizeBytes: number };
  /** Ends background retries; what is pending stays on disk. */
  stop(): Promise<void>;
}
