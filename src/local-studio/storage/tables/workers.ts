/** A worker that was approved. Times in milliseconds since the epoch. */
export interface WorkerRow {
  readonly id: string;
  readonly installId: string | undefined;
  /** SHA-256 of the token, in hex; empty while none was handed out. */
  readonly tokenHash: string;
  readonly capabilities: string;
  readonly createdAt: number;
  readonly lastSeenAt: number | undefined;
  readonly removed: boolean;
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
  /** Those that were not removed, oldest first. */
  list(): Promise<readonly WorkerRow[]>;
  /** One of those that are connected to any studio on this database, and their number; undefined as for `connected`. */
  anyConnected(): Promise<{ readonly worker: WorkerRow; readonly count: number } | undefined>;
  /** Adds it, or gives a known one new capabilities. */
  put(worker: WorkerDraft): Promise<void>;
  setToken(id: string, tokenHash: string): Promise<void>;
  /** A session begins, and takes the place of every other of this worker. */
  welcome(id: string, session: SessionStart): Promise<void>;
  /** Records a heartbeat. False when this session is not the worker's any more, or the worker was removed. */
  beat(id: string, beat: SessionBeat): Promise<boolean>;
  /** The session is over. False when another took its place, which has the worker's jobs now. */
  leave(id: string, sessionId: string): Promise<boolean>;
  /** Leaves a tombstone, so that the worker can learn that it was removed. False when there is no such worker. */
  remove(id: string): Promise<boolean>;
}
