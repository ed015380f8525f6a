/** A worker's answer to an offer that it did not take. */
export interface RejectionRow {
  readonly jobId: string;
  readonly workerId: string;
  /** In the worker's own words. */
  readonly reason: string;
  /** "Not this job" rather than "not now". */
  readonly isFinal: boolean;
  readonly at: number;
}

/** The latest rejection of each job by each worker, for the operator; the rules do not go by them. */
export interface RejectionTable {
  /** Takes the place of an earlier one; beyond a limit the oldest are forgotten, since the next offer tells the same again. */
  add(row: RejectionRow): Promise<void>;
  /** What all workers answered about these jobs. */
  ofJobs(jobIds: readonly string[]): Promise<readonly RejectionRow[]>;
  /** The latest of each worker, or of this one. */
  latest(workerId?: string): Promise<readonly RejectionRow[]>;
}
