import type { AttemptView, JobState } from '../../../contract/operator/views.ts';
import type { TaskKindId } from '../../../contract/tasks/index.ts';
import type { EndedBecause } from '../../queue/endings.ts';
import type { Addition, Requeue } from './projects.ts';
import type { AgedArtifact, EndedJobs } from './ended-jobs.ts';
import type { UrgencyTable } from './urgency.ts';

/** A result that is a file, as its job refers to it. */
export interface StoredArtifact {
  /** The name in the artifact store. */
  readonly name: string;
  readonly ext: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** A job as the operator asked for it. Times in milliseconds since the epoch. */
export interface NewJob {
  readonly id: string;
  /** Name of the project it counts for. */
  readonly project: string;
  readonly kind: TaskKindId;
  readonly model: string;
  /** JSON, as it will stand in the offer. */
  readonly modelSource: string;
  readonly task: string;
  readonly prompt: string;
  readonly gameId: string;
  readonly assetName: string;
  readonly vramGb: number;
  readonly priority: number;
  readonly maxAttempts: number;
  readonly createdAt: number;
  /** When it fails unless it has ended, by the clock of `JobTable.now`. */
  readonly deadlineAt?: number | undefined;
  /** Who is told of its end, beside the studio's webhooks: a URL. */
  readonly webhook?: string | undefined;
}

/** A job and what became of it. */
export interface JobRow extends NewJob {
  /** Grows with each job. */
  readonly seq: number;
  readonly state: JobState;
  /** Spent ones, the running one included. */
  readonly attempts: number;
  readonly workerId: string | undefined;
  readonly error: string | undefined;
  /** Of one that failed or was cancelled. */
  readonly endedBecause: EndedBecause | undefined;
  /** JSON of the result. */
  readonly result: string | undefined;
  readonly artifact: StoredArtifact | undefined;
  /** What the result was computed on, where its worker reported it. */
  readonly ranOn: string | undefined;
  readonly updatedAt: number;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
}

/** What a worker may be offered. */
export interface OfferCriteria {
  readonly workerId: string;
  readonly kinds: readonly TaskKindId[];
  /** Names of the engines it can run a model on now. */
  readonly engines: readonly string[];
  readonly thresholdGb: number;
  /** Jobs, by `seq`, that this worker rejected for good. */
  readonly except: readonly number[];
}

export type AttemptOutcome = Exclude<AttemptView['outcome'], 'open'>;

/** How a running job ends without a result. */
export interface Ending {
  readonly to: 'queued' | 'failed';
  readonly outcome: AttemptOutcome;
  readonly error: string;
  /** Nothing happens unless the worker's hold on the job has run out. */
  readonly onlyLapsed?: boolean;
}

/** What a worker delivered. */
export interface Completion {
  readonly prompt: string | undefined;
  /** JSON; exactly one of the two is there. */
  readonly result?: string;
  readonly artifact?: StoredArtifact;
  readonly ranOn?: string | undefined;
}

/** Jobs. A change returns false, and changes nothing, when the job is not in the state named beside it. */
export interface JobTable extends UrgencyTable, EndedJobs {
  /** Queues a job, unless a limit of its project is reached. */
  add(job: NewJob): Promise<Addition>;
  get(id: string): Promise<JobRow | undefined>;
  /** Newest first, below `before`. */
  list(query: {
    readonly state: JobState | undefined;
    readonly before: number | undefined;
    readonly limit: number;
    /** Only those whose id begins so. */
    readonly id?: string | undefined;
    /** Only those of this project. */
    readonly project?: string | undefined;
  }): Promise<readonly JobRow[]>;
  /**
   * Gives the next fitting job to the worker: highest priority first, then oldest, none after its deadline, of the projects
   * that may run one more. Atomic: one worker gets it.
   */
  offerNext(criteria: OfferCriteria, at: number): Promise<JobRow | undefined>;
  /** offered → queued, free of charge; with `onlyLapsed` as in an ending. */
  release(id: string, workerId: string, at: number, onlyLapsed?: boolean): Promise<boolean>;
  /** offered → running; spends an attempt. */
  start(id: string, workerId: string, at: number): Promise<boolean>;
  /**
   * queued → running, for a worker that lost this job and turns out to be at work on it still. With `hasAccepted` whether
   * it had the job before is known, and not asked: a crash of the database may have forgotten it.
   */
  resume(id: string, workerId: string, at: number, hasAccepted?: boolean): Promise<boolean>;
  /** running → queued or failed. */
  end(id: string, workerId: string, ending: Ending, at: number): Promise<boolean>;
  /** running or offered → completed, since an upload may overtake its accept; also queued, when the worker had it before. */
  complete(id: string, workerId: string, completion: Completion, at: number): Promise<boolean>;
  /** A running job is its worker's for so long from now. False when it is not running there. */
  renew(id: string, workerId: string, ms: number): Promise<boolean>;
  /** Jobs whose holds have run out; none where there is one studio, whose timers say so. */
  lapsed(): Promise<readonly JobRow[]>;
  /** Whether the worker may still deliver this job. */
  holds(id: string, workerId: string): Promise<boolean>;
  /** Anything that has not ended → cancelled. */
  cancel(id: string, at: number): Promise<boolean>;
  /**
   * failed or cancelled → queued, with all its attempts again, and without a deadline that has passed; unless a limit of
   * its project is reached.
   */
  retry(id: string, at: number): Promise<Requeue>;
  /** Jobs that are with a worker, or with this one. */
  underway(workerId?: string): Promise<readonly JobRow[]>;
  attempts(id: string): Promise<readonly AttemptRow[]>;
  counts(): Promise<Readonly<Record<JobState, number>>>;
  /** When the queued job was created that waits longest; undefined when none waits. */
  oldestQueuedAt(): Promise<number | undefined>;
  /** Artifacts of jobs that ended before then, oldest first. */
  agedArtifacts(before: number, limit: number): Promise<readonly AgedArtifact[]>;
  /** The job's artifact of this name is gone. False when it was already. */
  forgetArtifact(id: string, name: string): Promise<boolean>;
}

/** One run of a job. */
export interface AttemptRow {
  readonly number: number;
  readonly workerId: string;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly outcome: AttemptView['outcome'];
  readonly error: string | undefined;
}
