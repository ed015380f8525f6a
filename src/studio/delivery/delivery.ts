import type { ResultSink } from '../../jobs/job.ts';

/** Gets outcomes to the studio, through whichever session is live, and keeps finished results until they are there. */
export interface Delivery extends ResultSink {
  /** Retries every result that an earlier process, or an earlier session, left behind. Never throws. */
  deliverPending(): Promise<void>;
  /** Whether the outbox is below its size limit. */
  hasRoom(): boolean;
  /** Results waiting on disk. */
  pending(): { readonly count: number; readonly sizeBytes: number };
  /** Ends background retries; what is pending stays on disk. */
  stop(): Promise<void>;
}
