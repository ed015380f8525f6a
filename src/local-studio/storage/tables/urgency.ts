/** What an operator changes about a job; what is left out stays as it is. */
export interface JobChange {
  /** Of a queued one. */
  readonly priority?: number | undefined;
  /** Of any that has not ended; null takes it away. */
  readonly deadlineAt?: number | null | undefined;
}

/** What came of the deadlines that are looked at. */
export interface Expiry {
  /** Jobs that failed just now, by this call alone. */
  readonly expired: readonly { readonly id: string; readonly workerId: string | undefined; readonly error: string }[];
  /** Milliseconds until the next deadline, 0 when more of them have passed already; undefined when there is none. */
  readonly nextInMs: number | undefined;
}

/** What is urgent among the jobs, and until when. */
export interface UrgencyTable {
  /** The time that deadlines go by: the database's where studios share it, else the one given. */
  now(at: number): Promise<number>;
  /** Fails what has not ended by its deadline, the oldest first, so many at once. */
  expire(at: number, limit: number): Promise<Expiry>;
  /** Changes a job that is queued, or its deadline alone while it has not ended; it keeps its age. */
  change(id: string, change: JobChange, at: number): Promise<boolean>;
}
