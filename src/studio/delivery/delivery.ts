import type { JobOutcome } from '../../jobs/job.ts';

/**
 * What came of an outcome. Only `delivered` says that the studio has the result. After `sent` and `kept` a
 * `FinalReport` of the same job follows through `DeliveryDeps.onReport`, unless this process ends first.
 */
export type DeliveryReport =
  | FinalReport
  /** The outcome was a failure, and the studio was told of it. */
  | { readonly is: 'reported' }
  /** A frame with the result went out on the live socket; the studio has not acknowledged it yet. */
  | { readonly is: 'sent' }
  /** On disk, to be retried in the background. The studio may have been told meanwhile that the job failed. */
  | { readonly is: 'kept'; readonly because: string };

/** How the delivery of a result ended for good. */
export type FinalReport =
  /** The studio has the result: it confirmed the upload, or acknowledged the frame. */
  | { readonly is: 'delivered' }
  /** The studio does not want it, or can never get it. Also said of a failure that could not be reported. */
  | { readonly is: 'discarded'; readonly because: string };

/** Gets outcomes to the studio, through whichever session is live, and keeps finished results until they are there. */
export interface Delivery {
  /** Delivers one outcome. Owns its retries and never throws. Resolves when the slot may be given to another job. */
  deliver(outcome: JobOutcome): Promise<DeliveryReport>;
  /** Retries every result that an earlier process, or an earlier session, left behind. Never throws. */
  deliverPending(): Promise<void>;
  /** Whether the outbox is below its size limit. */
  hasRoom(): boolean;
  /** Results waiting on disk. */
  pending(): { readonly count: number; readonly sizeBytes: number };
  /** Ends background retries; what is pending stays on disk. */
  stop(): Promise<void>;
}
