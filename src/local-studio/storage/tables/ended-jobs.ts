import type { JobState } from '../../../contract/admin.ts';

/** An artifact that was kept for some time. */
export interface AgedArtifact {
  /** Of its job. */
  readonly id: string;
  readonly project: string;
  readonly name: string;
}

/** As much of a job that ended as tells how busy a day was. */
export interface EndedJob {
  readonly state: JobState;
  readonly createdAt: number;
  readonly startedAt: number | undefined;
  readonly finishedAt: number;
}
