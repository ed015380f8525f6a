import type { UpdateStatus } from '../../contract/worker/update-status.ts';
import type { LeaseWait } from '../../jobs/slots/lease.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { Random } from '../../system/random.ts';
import type { FindChoice } from '../feed/find.ts';
import type { TrustedRelease } from '../feed/trusted.ts';
import type { State } from './machine.ts';
import type { UpdateState } from './state.ts';
import type { StagedRelease } from './stage.ts';
import type { Knowledge } from './knowledge.ts';
import type { Trial } from './trial.ts';

/** What an operator asks of the updater. */
export interface UpdateRequest {
  readonly version?: string;
  readonly force?: boolean;
  /** Back to the version that was replaced last. */
  readonly rollback?: boolean;
}

/** What comes of asking: nothing to do, or a move that is under way now. */
export type UpdateAnswer =
  { readonly is: 'current'; readonly version: string } | { readonly is: 'updating'; readonly version: string };

/** The worker that runs, as the updater meets it. */
export interface UpdateHost {
  /** Whether it checks by itself (`auto_update_enabled`). */
  readonly enabled: () => boolean;
  /** Calls back when that changed; the returned function ends it. */
  readonly onEnabled: (call: () => void) => () => void;
  readonly intervalMs: () => number;
  readonly find: (choice: FindChoice, signal: AbortSignal) => Promise<TrustedRelease | undefined>;
  readonly stage: (release: TrustedRelease, signal: AbortSignal) => Promise<StagedRelease>;
  /** Waits for the whole machine. Offers are rejected as long as it does, and while the lease is held. */
  readonly waitForMachine: (purpose: string, wait: LeaseWait) => () => void;
  /** Settles when no result would be lost with the session; false when that takes too long. */
  readonly resultsSafe: (signal: AbortSignal) => Promise<boolean>;
  readonly hasSession: () => boolean;
  /** Ends it in good order. Whoever runs it calls `takeOver` then. */
  readonly handOver: () => void;
  readonly onStatus: (status: UpdateStatus) => void;
}

/** What the updater does to this installation. */
export interface UpdaterDeps {
  /** The version that runs. */
  readonly running: string;
  /** Why this program cannot replace itself; undefined when it can. */
  readonly unable: () => Promise<string | undefined>;
  readonly knowledge: Knowledge;
  readonly clock: Clock;
  readonly random: Pick<Random, 'unit'>;
  readonly log: Logger;
  /** Starts the new version as a child. */
  readonly startTrial: (program: string) => Trial;
  /** @throws WorkerError `update.failed` | `update.blocked` | `disk.full` */
  readonly install: (staged: StagedRelease) => Promise<void>;
  /** The version that was replaced last. @throws WorkerError `update.not-found` */
  readonly previousVersion: () => Promise<string>;
  readonly putBack: () => Promise<void>;
  /** Removes what was staged for this version and for older ones, and what a killed installer left. */
  readonly cleanUp: () => Promise<void>;
  /** Goes on as what is in this program's place now; returns only when it must not. */
  readonly restart: () => Promise<void>;
}

/** Keeps one installation up to date, over all the workers that run in this process one after the other. */
export interface Updater {
  /** A worker started. The returned function reports its end. */
  connect(host: UpdateHost): () => void;
  status(): UpdateStatus;
  /** @throws WorkerError `update.unsupported` | `update.failed` when one is under way | what finding a release throws */
  request(request: UpdateRequest): Promise<UpdateAnswer>;
  /** Whether the worker ended so that another version may take over. */
  readonly takesOver: boolean;
  /** To be called when nothing of the old worker is left. Settles when it is to serve again, if it ever does. */
  takeOver(): Promise<void>;
  /**
   * The worker is about to end because its studio does not let it in, which a newer version may mend. Settles when there
   * is none, it did not work, or it takes over; at once when the last check is recent.
   */
  lastChance(): Promise<void>;
  /** Ends whatever is under way. */
  stop(): void;
}

/** An answer to a request, which nobody need wait for. */
export function pendingAnswer(): PromiseWithResolvers<UpdateAnswer> {
  const answer = Promise.withResolvers<UpdateAnswer>();
  answer.promise.catch(() => {}); // or a rejection that nobody waits for would end the process
  return answer;
}

/** A state as `status` shows it. */
export function statusOf(
  state: State,
  about: { readonly off: string | undefined; readonly lastFailure: string | undefined; readonly known: UpdateState },
): UpdateStatus {
  const { off, lastFailure, known } = about;
  const { pinned, lastCheckAt } = known;
  const because = off ?? lastFailure;
  const isIdle = state.at === 'idle';
  return {
    ...(isIdle && off !== undefined ? { at: 'off' } : state),
    ...(isIdle && because !== undefined ? { because } : {}),
    ...(pinned === undefined ? {} : { pinned }),
    ...(lastCheckAt === undefined ? {} : { lastCheckAt }),
  };
}
