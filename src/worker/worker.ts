import { ERROR_CODES } from '../base/errors.ts';
import { SECOND_MS } from '../base/units.ts';
import { VERSION } from '../base/version.ts';
import type { JobExecutor } from './job-executor.ts';
import type { Claims } from './claims.ts';
import type { JobHistory } from './history.ts';
import type { Logger } from '../log/logger.ts';
import type { SessionDelivery } from '../studio/delivery/deliver.ts';
import type { RegistrationStatus } from '../studio/registration/registration.ts';
import type { Session, SessionEnd, SessionEvents, SessionReceiver } from '../studio/session/session.ts';
import type { Clock } from '../system/clock.ts';
import type { Pipeline } from './pipeline.ts';
import { remedyFor } from '../contract/frames/refusal-remedy.ts';
import type { WorkerStatus } from './status.ts';
import type { Stopping } from './stop-driver.ts';

/** What the worker needs of registration: a start, where it stands, and the approval. */
export interface RegistrationPart {
  start(): void;
  status(): RegistrationStatus;
  /** Settles when the operator at the studio has approved this worker. */
  readonly approved: Promise<unknown>;
}

/** The parts that receive frames of the studio. */
export interface StudioReceivers {
  readonly claims: Pick<Claims, 'onHeartbeatAck' | 'onLost'>;
  /** What the studio offers counts before anything is delivered to it. */
  readonly onWelcome: SessionEvents['onWelcome'];
  readonly onHeartbeatAck: SessionEvents['onHeartbeatAck'];
  readonly onLost: SessionEvents['onLost'];
  readonly pipeline: Pick<Pipeline, 'onOffer' | 'onHeartbeatAck' | 'onLost'>;
  readonly delivery: Pick<SessionDelivery, 'onWelcome' | 'onAck' | 'onHeartbeatAck' | 'onLost'>;
}

export interface WorkerDeps {
  readonly registration: RegistrationPart;
  readonly session: Pick<Session, 'start' | 'status' | 'ended'>;
  readonly receivers: StudioReceivers;
  readonly delivery: Pick<SessionDelivery, 'deliverPending' | 'pending' | 'space'>;
  readonly jobs: Pick<JobExecutor, 'running'>;
  readonly history: Pick<JobHistory, 'recent'>;
  readonly stopping: Stopping;
  /** Called before the worker ends because its studio does not let it in. Settles when there is nothing to hope for. */
  readonly lastChance?: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
  /** The facts of `status` that this module does not own. */
  readonly facts: () => Pick<
    WorkerStatus,
    | 'pid'
    | 'configPath'
    | 'enabled'
    | 'paused'
    | 'conditions'
    | 'presence'
    | 'workerId'
    | 'vramTotalGb'
    | 'vramThresholdGb'
    | 'modelEngines'
    | 'extensionEngines'
    | 'models'
    | 'update'
  >;
}

/** What lives while `run` runs. */
export interface Worker {
  /** Runs until stopped or refused; resolves with the exit code. Never rejects. */
  run(): Promise<number>;
  status(): WorkerStatus;
}

/** The longest that results of an earlier run may hold up the first session. Delivery of the rest resumes in the background. */
const PENDING_FIRST_MS = 10 * SECOND_MS;

/** Ties the parts together in their order of life: registration, what is left of earlier runs, the session. */
export const createWorker = (deps: WorkerDeps): Worker => new ServingWorker(deps);

class ServingWorker implements Worker {
  readonly #deps: WorkerDeps;
  /** By the wall clock, in milliseconds: people read it. */
  readonly #startedAt: number;

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
    this.#startedAt = deps.clock.now();
  }

  async run(): Promise<number> {
    void this.#serve();
    return await this.#deps.stopping.ended;
  }

  status(): WorkerStatus {
    const { facts, stopping, registration, session, jobs, history, delivery } = this.#deps;
    return {
      ...facts(),
      version: VERSION,
      startedAt: this.#startedAt,
      stopping: stopping.underway,
      registration: registration.status(),
      session: session.status(),
      runningJobs: jobs.running(),
      recentJobs: history.recent(),
      outbox: delivery.pending(),
    };
  }

  async #serve(): Promise<void> {
    const { registration, session, stopping, receivers, lastChance } = this.#deps;
    if (stopping.underway) return; // asked to stop before it had begun
    registration.start();
    await Promise.race([registration.approved, stopping.ended]);
    if (stopping.underway) return;
    await this.#deliverPending();
    if (stopping.underway) return;
    session.start(inOrder(receivers));
    const end = await session.ended;
    if (end.because !== 'stopped') await Promise.race([lastChance?.(), stopping.ended]);
    this.#conclude(end);
  }

  async #deliverPending(): Promise<void> {
    const { delivery, stopping, clock } = this.#deps;
    if (delivery.space() === 'unread') return void delivery.deliverPending(); // too many to wait for
    const patience = Promise.withResolvers<void>();
    const disarm = clock.after(PENDING_FIRST_MS, patience.resolve);
    await Promise.race([delivery.deliverPending(), stopping.ended, patience.promise]);
    disarm();
  }

  #conclude(end: SessionEnd): void {
    const { stopping, log } = this.#deps;
    switch (end.because) {
      case 'stopped':
        return;
      case 'refused':
        log.error('worker.refused', { code: end.code, reason: end.message, remedy: remedyFor(end.code) });
        return stopping.endWith(ERROR_CODES['session.refused'].exit);
      case 'gave-up':
        return stopping.endWith(ERROR_CODES['session.gave-up'].exit);
      default:
        return end satisfies never;
    }
  }
}

/** Claims come first: others send frames that only a counted claim lets pass, and none on one that went with its socket. */
const inOrder = ({
  claims,
  onWelcome,
  pipeline,
  delivery,
  onHeartbeatAck,
  onLost,
}: StudioReceivers): readonly SessionReceiver[] => [
  claims,
  { onWelcome },
  pipeline,
  delivery,
  { onHeartbeatAck, onLost },
];
