import { errorChain } from '../../base/errors.ts';
import type { ReadCapabilities } from '../../contract/capabilities.ts';
import type { JobState } from '../../contract/admin.ts';
import type { ReadOutboundFrame } from '../../contract/frames/outbound.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { Deferred, Slot } from '../queue.ts';
import type { Store } from '../storage/store.ts';

/** A worker's live socket, from its welcome to its end. */
export interface Session {
  readonly workerId: string;
  readonly openedAt: number;
  /** Hands a frame, as text, to the socket. */
  say(type: string, text: string): void;
  /** Ends the socket and the session with it; `errorCode` is told first when there is one. */
  end(closeCode: number, reason: string, errorCode?: string): void;
  alive: boolean;
  capabilities: ReadCapabilities;
  lastBeatAt: number;
  slot: Slot;
  cooling: boolean;
  /** A job came up while the store was being asked: what it answered may be out of date. */
  askAgain: boolean;
  /** Its first heartbeat has said whether it still works on a job of an earlier socket. Nothing is offered before. */
  settled: boolean;
  /** Jobs, by `seq`, that it turned down for good. */
  readonly refused: number[];
  /** Jobs that it could not take. */
  readonly deferred: Deferred;
  /** A job whose upload arrived before its accept, which is still to come. */
  overtaken: string | undefined;
  /** Disarms the time limit of the open offer. */
  disarm: () => void;
}

/** A job that stays with its worker although no session speaks for it. */
export interface KeptJob {
  readonly workerId: string;
  readonly disarm: () => void;
}

/** What the studio does, for tests and measurements. */
export type StudioEvent =
  | { readonly is: 'asked'; readonly requestId: string }
  | { readonly is: 'connected' | 'disconnected'; readonly workerId: string }
  | { readonly is: 'heard'; readonly workerId: string; readonly frame: ReadOutboundFrame }
  | { readonly is: 'said'; readonly workerId: string; readonly type: string; readonly text: string }
  | { readonly is: 'uploaded'; readonly workerId: string; readonly jobId: string; readonly status: number }
  | { readonly is: 'moved'; readonly jobId: string; readonly to: JobState };

/** All that the rules of offering and answering work on. */
export interface Desk {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly emit: (event: StudioEvent) => void;
  /** Whether claims outlive sockets (the `resume` feature). */
  readonly resumes: boolean;
  /** By worker id, in the order they connected. */
  readonly live: Map<string, Session>;
  /** By job id. */
  readonly kept: Map<string, KeptJob>;
  /** Nothing is started or written any more. */
  stopped: boolean;
}

/** Work that nobody waits for: a failure is said, and the sweep or the next heartbeat tries again. */
export function report(desk: Desk, work: Promise<void>): void {
  work.catch((thrown: unknown) => desk.log.error('studio.failed', { error: errorChain(thrown) }));
}
