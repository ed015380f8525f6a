import { GB } from '../../base/units.ts';
import { type Feature, parallelJobsIn, type Welcome } from '../../contract/frames/inbound.ts';
import { studioJobs } from '../../jobs/held.ts';
import type { Scheduler } from '../../jobs/scheduler.ts';
import type { Logger } from '../../log/logger.ts';
import { createDelivery, type SessionDelivery } from '../../studio/delivery/deliver.ts';
import { type Outbox, openOutbox } from '../../studio/delivery/outbox.ts';
import { createSession, type DrivenSession, type SessionOptions } from '../../studio/session/driver.ts';
import type { Credentials } from '../../studio/session/session.ts';
import { type Claims, createClaims } from '../../worker/claims.ts';
import type { WorkerEvents } from '../../worker/events.ts';
import { siblingsOf } from '../../config/paths.ts';
import type { WorkerSetup } from './setup.ts';

/** Both ways between this worker and its studio: what is received, and what gets there. */
export interface StudioLink {
  readonly session: DrivenSession;
  readonly claims: Claims;
  readonly delivery: SessionDelivery;
  /** Whether the latest welcome offered this, also while its socket is gone. */
  readonly studioOffers: (feature: Feature) => boolean;
  /** What the studio offers counts until its next welcome. To be called before anything is delivered. */
  onWelcome(welcome: Welcome): void;
}

/** Who this worker is to its studio, and what it tells of itself. */
export interface LinkParts {
  readonly credentials: () => Credentials | undefined;
  readonly capabilities: SessionOptions['capabilities'];
  readonly claiming: SessionOptions['claiming'];
  readonly scheduler: Pick<Scheduler, 'held' | 'setMax'>;
  readonly events: Pick<WorkerEvents, 'emit'>;
  readonly onRevoked: SessionOptions['onRevoked'];
  readonly onHeartbeatSent: () => void;
}

/** Opens the outbox. Close the link by stopping the session, then the delivery. */
export async function composeStudioLink(setup: WorkerSetup, parts: LinkParts): Promise<StudioLink> {
  const { config, effects } = setup;
  const { clock, random, http, sockets } = effects;
  const log = setup.log.logger.child({}, 'delivery');
  const { credentials, capabilities, claiming, scheduler, events, onRevoked, onHeartbeatSent } = parts;
  const { studioOffers, onWelcome } = followWelcomes(scheduler);
  const outbox = await outboxOf(setup, log);
  const session: DrivenSession = createSession({
    sockets,
    clock,
    random,
    log: setup.log.logger.child({}, 'session'),
    credentials,
    capabilities,
    claiming,
    currentJobIds: () => [...new Set([...studioJobs(scheduler), ...delivery.waitingJobIds()])],
    shipBuffer: setup.log.shipBuffer,
    maxFailures: config.current.ws_reconnect_attempts ?? 0,
    onRevoked,
    onHeartbeatSent,
    onStatus: (status) => events.emit({ is: 'session', status }),
  });
  const claims = createClaims(session);
  const delivery = createDelivery({
    http,
    outbox,
    claims,
    credentials,
    clock,
    random,
    log,
    studioOffers,
    onReport: (jobId, report) => events.emit({ is: 'delivery', jobId, report }),
  });
  return { session, claims, delivery, studioOffers, onWelcome };
}

/** What the latest welcome named counts until the next one. */
function followWelcomes(scheduler: LinkParts['scheduler']): Pick<StudioLink, 'studioOffers' | 'onWelcome'> {
  let offered: readonly string[] = [];
  return {
    studioOffers: (feature) => offered.includes(feature),
    onWelcome(welcome) {
      offered = welcome.features;
      scheduler.setMax('studio', parallelJobsIn(welcome).jobs ?? 1);
    },
  };
}

const outboxOf = ({ config, effects: { clock, files, sha256 } }: WorkerSetup, log: Logger): Promise<Outbox> =>
  openOutbox({
    dir: siblingsOf(config.path).outbox,
    maxBytes: config.current.outbox_max_gb * GB,
    files,
    clock,
    sha256,
    log,
  });
