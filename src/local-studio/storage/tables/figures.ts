import type { TaskKindId } from '../../../contract/tasks/index.ts';
import type { WebhookEvent } from '../../../contract/operator/webhooks.ts';
import type { ReadCapabilities } from '../../../contract/capabilities.ts';

/** States of jobs that have not ended. */
export const OPEN_STATES = ['queued', 'offered', 'running'] as const;

/** Jobs of one project, kind and state that have not ended. */
export interface OpenJobs {
  readonly project: string;
  readonly kind: TaskKindId;
  readonly state: (typeof OPEN_STATES)[number];
  readonly count: number;
}

/** What says whether a worker is offered jobs. */
export type Willingness = Pick<ReadCapabilities, 'autoEnabled' | 'onlyWhenIdle' | 'userPresence'>;

/** Workers with a session that are alike. */
export interface SessionGroup {
  /** Its heartbeats come. */
  readonly isConnected: boolean;
  /** It runs a job. */
  readonly isBusy: boolean;
  readonly capabilities: Willingness;
  readonly count: number;
}

/** What there is of everything: the same for each studio on a database. Times in milliseconds since the epoch. */
export interface StoreFigures {
  /** Names of those that were not removed. */
  readonly projects: readonly string[];
  readonly jobs: readonly OpenJobs[];
  /** When the queued job of each project was created that waits longest. */
  readonly oldestQueued: readonly { readonly project: string; readonly createdAt: number }[];
  /** Approved ones. */
  readonly workers: number;
  /** Workers with sessions; undefined where there is one studio, which knows them itself. */
  readonly sessions: readonly SessionGroup[] | undefined;
  readonly pendingRegistrations: number;
  readonly webhooks: { readonly active: number; readonly disabled: number };
  readonly deliveries: { readonly pending: number; readonly due: number };
}

/** A job that ended just now. */
export interface JobEnding {
  readonly kind: TaskKindId;
  readonly outcome: WebhookEvent;
  readonly createdAt: number;
  readonly finishedAt: number;
}

/** Figures for a monitoring system, which asks often: each is counted in an index. */
export interface FigureTable {
  read(at: number): Promise<StoreFigures>;
  /** Takes as long as there are artifacts. */
  artifacts(): Promise<{ readonly count: number; readonly sizeBytes: number }>;
  /** Calls back with jobs that this process ended, once that is written. */
  onEnded(listener: (jobs: readonly JobEnding[]) => void): () => void;
}
