import { errorChain } from '../../base/errors.ts';
import type { ReadCapabilities } from '../../contract/capabilities.ts';
import type { Feature } from '../../contract/frames/inbound.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { TellChange } from '../changes.ts';
import type { StudioTallies } from '../metrics/studio-tallies.ts';
import type { AcceptedJob } from '../queue/accepted-job.ts';
import type { OpenOffer } from '../queue/candidates.ts';
import type { Deferred } from '../queue/deferred.ts';
import type { Readiness } from '../queue/readiness.ts';
import type { StudioBus } from '../replicas/bus.ts';
import type { Store } from '../storage/store.ts';

/** A worker's live session, from its welcome to the end of its socket. */
export interface WorkerSession {
  /** Random: two studios on one database tell sessions of one worker apart by it. */
  readonly id: string;
  readonly workerId: string;
  /** Settles when the store knows of the session. */
  readonly opened: Promise<void>;
  /** Hands a frame, as text, to the socket. */
  send(text: string): void;
  /** Ends the socket and the session with it; an error frame with `errorCode` goes out first when there is one. */
  end(closeCode: number, reason: string, errorCode?: string): void;
  readiness: Readiness;
  capabilities: ReadCapabilities;
  /** When the last heartbeat came: milliseconds since the epoch, for the operator, and `Clock.elapsed`, for the limit. */
  lastBeat: { readonly at: number; readonly elapsedMs: number };
  offer: SessionOffer;
  /** By job id, oldest first. */
  readonly running: Map<string, AcceptedJob>;
  /** How many jobs it may have at a time; one until its first heartbeat. */
  maxJobs: number;
  readonly noSlotUntil: Map<string, number>;
  /** Jobs, by `seq`, that it rejected for good. */
  readonly rejected: number[];
  /** Jobs that it could not take at the time. */
  readonly deferred: Deferred;
  /** A job whose upload arrived before its accept, which is still to come. */
  overtaken: string | undefined;
}

/** The one offer that a session may have open, with what an effect needs. */
export type SessionOffer =
  | { readonly at: 'none' }
  /** `again`: a job came up while the store was being asked, so its answer may be out of date. */
  | { readonly at: 'choosing'; readonly again: boolean }
  /** `disarm` ends the time limit of its answer. */
  | (Extract<OpenOffer, { readonly at: 'offered' }> & { readonly disarm: () => void });

/** Whether its socket has ended. A function: it may have ended in any wait. */
export const isGone = ({ readiness }: WorkerSession): boolean => readiness === 'gone';

/** The session has no offer open any more. Whatever became of the job is for the caller to store. */
export function closeOffer(session: WorkerSession): void {
  if (session.offer.at === 'offered') session.offer.disarm();
  session.offer = { at: 'none' };
}

/** A job that stays with its worker although no session speaks for it. */
export interface JobGrace {
  readonly workerId: string;
  readonly disarm: () => void;
}

/** All that the rules of offering and answering work on. */
export interface StudioState {
  readonly store: Store;
  readonly bus: StudioBus;
  readonly clock: Clock;
  readonly log: Logger;
  /** What the welcome offers; with `resume`, claims outlive sockets. */
  readonly features: readonly Feature[];
  /** How many jobs a worker may have in flight, as the welcome has it; with one it says nothing. */
  readonly maxParallelJobs: number;
  /** By worker id, in the order they connected. */
  readonly live: Map<string, WorkerSession>;
  /** Ids of workers removed since the start, never given again: a socket of theirs may be on its way to its welcome. */
  readonly removed: Set<string>;
  /** By job id. */
  readonly graces: Map<string, JobGrace>;
  /** What this studio counts. */
  readonly tallies: StudioTallies;
  /** Tells whoever watches; what the store keeps is told by itself. */
  readonly tell: TellChange;
  /** Nothing is started or written any more. */
  stopped: boolean;
}

/** For work that nobody awaits: a failure is logged, and the sweep or the next heartbeat retries. */
export function logFailure(studio: StudioState, work: Promise<unknown>): void {
  work.catch((thrown: unknown) => studio.log.error('studio.failed', { error: errorChain(thrown) }));
}
