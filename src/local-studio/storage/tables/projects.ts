import type { TaskKindId } from '../../../contract/tasks/index.ts';

/*
 * Projects share a studio. Each has limits of its own, which the database counts, so that studios that share one agree.
 */

/** What a project may have; undefined where it may have any number. */
export interface ProjectLimits {
  /** Jobs that wait. */
  readonly maxQueued: number | undefined;
  /** Jobs that are offered or run. */
  readonly maxRunning: number | undefined;
  /** Jobs created from midnight to midnight, in UTC. */
  readonly maxPerDay: number | undefined;
  /** Bytes of artifacts that are kept: no job is added above that. What runs may still deliver. */
  readonly maxArtifactBytes: number | undefined;
}

export const NO_LIMITS: ProjectLimits = {
  maxQueued: undefined,
  maxRunning: undefined,
  maxPerDay: undefined,
  maxArtifactBytes: undefined,
};

/** A project. Times in milliseconds since the epoch. */
export interface ProjectRow {
  readonly name: string;
  readonly createdAt: number;
  readonly limits: ProjectLimits;
}

/** What a project has now. */
export interface ProjectUsage {
  readonly queued: number;
  readonly running: number;
  /** Jobs created since midnight in UTC. */
  readonly today: number;
  readonly artifactBytes: number;
}

/** Jobs of a project that wait and may run now. */
export interface RunnableJobs {
  readonly kind: TaskKindId;
  readonly engine: string;
  /** The smallest of them, as `vramClass` has it. */
  readonly vramClass: number;
}

/** A limit of its project that keeps a job out. */
export interface LimitReached {
  readonly is: 'limit-reached';
  readonly limit: Exclude<keyof ProjectLimits, 'maxRunning'>;
  readonly max: number;
  readonly now: number;
}

/** What became of a new job. */
export type Addition = LimitReached | { readonly is: 'added' | 'no-project' };
/** What became of one that was to be queued again. */
export type Requeue = LimitReached | { readonly is: 'queued' | 'not-ended' | 'no-project' };
/** What became of a project that was to be removed; `jobs` have not ended. */
export type Removal =
  | { readonly is: 'unknown' }
  | { readonly is: 'busy'; readonly jobs: number }
  /** All its jobs that had not ended are cancelled; those underway are the ones that workers had. */
  | { readonly is: 'removed'; readonly cancelled: readonly string[]; readonly underway: readonly string[] };

/** Projects. One that was removed leaves its name behind, so that nobody gets at its jobs by taking it. */
export interface ProjectTable {
  get(name: string): Promise<ProjectRow | undefined>;
  /** Oldest first. */
  list(): Promise<readonly ProjectRow[]>;
  /** False when the name is taken, also by one that was removed. */
  add(project: ProjectRow): Promise<boolean>;
  /**
   * Replaces the limits that are named, with undefined to lift one; the others stay as they are. What waits or runs above
   * a new one stays. The limits from then on; false when there is no such project.
   */
  setLimits(name: string, change: Partial<ProjectLimits>, at: number): Promise<ProjectLimits | false>;
  /** What of it waits, if one more of its jobs may run: each kind for each engine. */
  runnable(name: string): Promise<readonly RunnableJobs[]>;
  /** Calls back when this process has ended a job of a project that limits how many run. */
  onFreed(listener: (name: string) => void): () => void;
  /** How many of its jobs are offered or run. */
  running(name: string): Promise<number>;
  usage(name: string, at: number): Promise<ProjectUsage>;
  /** With `force` also one whose jobs have not ended. Its tokens are gone with it. */
  remove(name: string, at: number, force: boolean): Promise<Removal>;
}
