import type { AttemptView, JobState } from '../../contract/admin.ts';
import type { TaskKindId } from '../../contract/tasks/index.ts';
import type { EndedBecause } from '../queue/endings.ts';
import type { Addition, ProjectTable, Requeue } from './projects.ts';
import type { AuditDraft, AuditTable } from './tables/audit.ts';
import type { AgedArtifact, EndedJobs } from './tables/ended-jobs.ts';
import type { FigureTable } from './tables/figures.ts';
import type { TokenTable } from './tables/tokens.ts';
import type { LogTable } from './tables/logs.ts';
import type { ModelTable } from './tables/models.ts';
import type { UrgencyTable } from './tables/urgency.ts';
import type { WebhookTable } from './tables/webhooks.ts';
import type { RejectionTable } from './rejections.ts';

/*
 * What the studio remembers. Nobody but the store knows which database keeps it.
 *
 * What must be on the disk before which answer, so that a kill at any moment loses no job and does none twice:
 *
 *   a job is created        on disk before the operator's 201
 *   a job is offered        written before the offer, not synced: after a kill it is still there, and the job stays with
 *                           that worker until its heartbeats say otherwise; after a power cut the job is merely queued
 *   an offer is accepted    written, not synced: when it is lost, the studio that saw it gives the job to its worker again
 *   a job is completed      on disk, artifact first, before `completeAck` or 2xx: the worker then forgets the result
 *   a job fails, is retried or cancelled   on disk before the answer
 *   who is to be told of a job's end       with that end, in one transaction
 *   tokens and approvals    on disk before they are handed out
 *
 * Every change of a job names the state it expects. Of two that race, the second changes nothing and returns false.
 */
export interface Store {
  readonly registrations: RegistrationTable;
  readonly workers: WorkerTable;
  readonly models: ModelTable;
  readonly jobs: JobTable;
  readonly rejections: RejectionTable;
  readonly webhooks: WebhookTable;
  readonly logs: LogTable;
  readonly projects: ProjectTable;
  readonly tokens: TokenTable;
  readonly audit: AuditTable;
  readonly figures: FigureTable;
  /** Asks the database for nothing. @throws its error when it does not answer */
  ping(): Promise<void>;
  /** The same store, for one change: it stands in the audit log with the entry, or neither is there. */
  audited(entry: AuditDraft): Store;
  close(): Promise<void>;
}

/** A worker's request to be approved. Times in milliseconds since the epoch, here and below. */
export interface RegistrationRow {
  readonly requestId: string;
  readonly installId: string;
  readonly secretHash: string;
  /** JSON of the capabilities. */
  readonly capabilities: string;
  readonly state: 'pending' | 'approved' | 'rejected';
  readonly reason: string;
  readonly workerId: string | undefined;
  readonly createdAt: number;
}

/** Requests to be approved, and bootstrap tokens that need no approval. */
export interface RegistrationTable {
  /** Keeps a request; an older pending one of the same installation is replaced. */
  add(row: RegistrationRow): Promise<void>;
  get(requestId: string): Promise<RegistrationRow | undefined>;
  pendingOf(installId: string): Promise<RegistrationRow | undefined>;
  /** Waiting ones, oldest first. */
  pending(): Promise<readonly RegistrationRow[]>;
  /** Approves it as that worker, which is put with it, or rejects it. False when it does not wait any more. */
  decide(requestId: string, verdict: { readonly worker: WorkerDraft } | { readonly reason: string }): Promise<boolean>;
  /** Keeps the hash of a bootstrap token until then. */
  addBootstrapToken(hash: string, expiresAt: number): Promise<void>;
  /** True once per token. */
  spendBootstrapToken(hash: string, now: number): Promise<boolean>;
}

/** A worker that was approved. */
export interface WorkerRow {
  readonly id: string;
  readonly installId: string | undefined;
  /** SHA-256 of the token, in hex; empty while none was handed out. */
  readonly tokenHash: string;
  readonly capabilities: string;
  readonly createdAt: number;
  readonly lastSeenAt: number | undefined;
  readonly deleted: boolean;
  /** Whether any studio on this database has its socket; false where there is one studio, which knows that itself. */
  readonly connected: boolean;
  /** Of one that is connected: how many jobs its session may have at a time; undefined where the store does not know. */
  readonly maxJobs: number | undefined;
}

/** What is known of a worker when it is approved. */
export type WorkerDraft = Pick<WorkerRow, 'id' | 'installId' | 'capabilities' | 'createdAt'>;

/** A session as it begins. */
export interface SessionStart {
  readonly sessionId: string;
  readonly capabilities: string;
  readonly maxJobs: number;
  readonly at: number;
}

/** A heartbeat of a session; what is left out stays as it is. */
export interface SessionBeat extends Pick<SessionStart, 'sessionId' | 'at'> {
  readonly capabilities?: string | undefined;
  readonly maxJobs?: number | undefined;
}

/** Approved workers. */
export interface WorkerTable {
  get(id: string): Promise<WorkerRow | undefined>;
  byInstall(installId: string): Promise<WorkerRow | undefined>;
  /** Those that were not deleted, oldest first. */
  list(): Promise<readonly WorkerRow[]>;
  /** One of those that are connected to any studio on this database, and their number; undefined as for `connected`. */
  anyConnected(): Promise<{ readonly worker: WorkerRow; readonly count: number } | undefined>;
  /** Adds it, or gives a known one new capabilities. */
  put(worker: WorkerDraft): Promise<void>;
  setToken(id: string, tokenHash: string): Promise<void>;
  /** A session begins, and takes the place of every other of this worker. */
  welcome(id: string, session: SessionStart): Promise<void>;
  /** Records a heartbeat. False when this session is not the worker's any more, or the worker was deleted. */
  beat(id: string, beat: SessionBeat): Promise<boolean>;
  /** The session is over. False when another took its place, which has the worker's jobs now. */
  leave(id: string, sessionId: string): Promise<boolean>;
  /** Leaves a tombstone, so that the worker can learn that it was deleted. False when there is no such worker. */
  remove(id: string): Promise<boolean>;
}

/** A result that is a file, as its job refers to it. */
export interface StoredArtifact {
  /** The name in the artifact store. */
  readonly name: string;
  readonly ext: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** A job as the operator asked for it. */
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
