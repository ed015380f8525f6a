import type { RevokedBecause } from '../queue/endings.ts';
import type { TaskKindId } from '../../contract/tasks/index.ts';

/**
 * What one studio tells the others on its database. None of it is needed for a right result: whatever is lost on the way
 * is noticed with the worker's next heartbeat, or by the sweep.
 */
export type StudioNews =
  /** A job waits; its kind and estimate are named where they are known. */
  | { readonly is: 'queued'; readonly job?: QueuedNews | undefined }
  /** More jobs of a project may run than do, and some wait. */
  | { readonly is: 'freed'; readonly project: string }
  /** By its operator, or its deadline: then it failed. */
  | { readonly is: 'cancelled'; readonly jobId: string; readonly because?: RevokedBecause | undefined }
  /** A result came in by another studio than the one that has the worker's socket. */
  | { readonly is: 'completed'; readonly jobId: string; readonly workerId: string }
  | { readonly is: 'decided'; readonly requestId: string }
  /** The worker has a session, in place of any other. */
  | { readonly is: 'connected'; readonly workerId: string }
  /** The worker can do something else, takes another number of jobs, or has left. */
  | { readonly is: 'changed'; readonly workerId: string }
  | { readonly is: 'removed'; readonly workerId: string };

/** What a studio needs to know of a job to ask its workers. */
interface QueuedNews {
  readonly id: string;
  readonly kind: TaskKindId;
  readonly vramGb: number;
}

/** The way to the other studios on one database. */
export interface StudioBus {
  /** Whether there may be others: then what a job or a worker is at is for the database to say. */
  readonly isShared: boolean;
  /** Never rejects, and waits for nobody. */
  publish(news: StudioNews): void;
  /** Calls back with what the others publish. */
  subscribe(listener: (news: StudioNews) => void): Promise<() => Promise<void>>;
}

/** For a studio that has its data for itself. */
export const ALONE: StudioBus = {
  isShared: false,
  publish: () => {},
  subscribe: () => Promise.resolve(() => Promise.resolve()),
};
