/** An artifact that was kept for some time. */
export interface AgedArtifact {
  /** Of its job. */
  readonly id: string;
  readonly project: string;
  readonly name: string;
}

/** What a day was like by the jobs that ended, as a page asks again and again: counted where they are. */
export interface EndedJobs {
  /** So many hours from then on, in order. */
  endedByHour(since: number, hours: number): Promise<readonly EndedHour[]>;
  /** How long half of the jobs that were completed since then waited at most for a worker; undefined where none were. */
  usualWaitMs(since: number): Promise<number | undefined>;
}

/** An hour, by jobs that ended in it or later. */
export interface EndedHour {
  /** Jobs that ended in it. */
  readonly completed: number;
  readonly failed: number;
  /** How long jobs ran in it, all together. */
  readonly busyMs: number;
}
