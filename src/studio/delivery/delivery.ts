import type { ResultSink } from '../../jobs/job.ts';
import type { OutboxSpace } from './outbox.ts';

/** Gets outcomes to the studio, through whichever session is live, and keeps finished results until they are there. */
export interface Delivery extends ResultSink {
  /** Retries every result that an earlier process, or an earlier session, left behind. Never throws. */
  deliverPending(): Promise<void>;
  /** Takes in results that a command put back into the outbox, and gives how many there were. Never throws. */
  takeIn(files: readonly string[]): Promise<number>;
  /** Removes a result that waits, for good. False when there is none of that name. Never throws. */
  discard(file: string): Promise<boolean>;
  /** Whether the outbox is below its size limit; `unread` while that is not known. */
  space(): OutboxSpace;
  /** Results waiting on disk. */
  pending(): { readonly count: number; readonly sizeBytes: number };
  /** Ends background retries; what is pending stays on disk. */
  stop(): Promise<void>;
}
