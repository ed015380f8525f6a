/** A job that a worker accepted. */
export interface AcceptedJob {
  readonly jobId: string;
  /**
   * It is none of this worker's jobs any more: cancelled, past its deadline, or taken by another studio. Frames about it are
   * acknowledged and ignored.
   */
  readonly revoked: boolean;
  /** Heartbeats in a row that did not name the job. */
  readonly unnamed: number;
}

/** Heartbeats in a row without its name after which a running job counts as dropped by its worker. */
const UNNAMED_LIMIT = 2;

/**
 * A running job after a heartbeat that did not name it; undefined when that ends it. One may have crossed the accept; two
 * are a statement.
 */
export function afterUnnamedBeat(job: AcceptedJob): AcceptedJob | undefined {
  const unnamed = job.unnamed + 1;
  return job.revoked || unnamed >= UNNAMED_LIMIT ? undefined : { ...job, unnamed };
}
