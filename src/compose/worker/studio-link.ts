import { GB } from '../../base/units.ts';
import type { Capabilities } from '../../contract/capabilities.ts';
import type { Slot } from '../../jobs/slot.ts';
import { createDelivery, type SessionDelivery } from '../../studio/delivery/deliver.ts';
import { openOutbox } from '../../studio/delivery/outbox.ts';
import { createSession, type DrivenSession } from '../../studio/session/driver.ts';
import type { Credentials, SessionEvents } from '../../studio/session/session.ts';
import { type Claims, createClaims } from '../../worker/claims.ts';
import type { Pipeline } from '../../worker/pipeline.ts';
import { siblingsOf } from '../../config/paths.ts';
import type { WorkerSetup } from './setup.ts';

/** Both ways between this worker and its studio: what is heard, and what gets there. */
export interface Line {
  readonly session: DrivenSession;
  readonly claims: Claims;
  readonly delivery: SessionDelivery;
}

export interface LineFacts {
  readonly credentials: () => Credentials | undefined;
  readonly capabilities: () => Capabilities;
  readonly slot: Slot;
  /** Who takes offers. It is built on this line, so it is asked for when the first frame arrives. */
  readonly pipeline: () => Pipeline;
  /** Called when the studio has welcomed us. */
  readonly onWelcome: () => void;
}

export async function composeLine(setup: WorkerSetup, facts: LineFacts): Promise<Line> {
  const { config, effects } = setup;
  const { clock, random, sha256, files, http, sockets } = effects;
  const log = setup.log.logger.child({}, 'delivery');
  const { credentials, capabilities, slot } = facts;
  let offered: readonly string[] = [];
  const outbox = await openOutbox({
    dir: siblingsOf(config.path).outbox,
    maxBytes: config.current.outbox_max_gb * GB,
    files,
    clock,
    sha256,
    log,
  });
  const session: DrivenSession = createSession({
    sockets,
    clock,
    random,
    log: setup.log.logger.child({}, 'session'),
    credentials,
    capabilities,
    claiming: config.live('auto_enabled'),
    currentJobId: () => slot.held?.jobId ?? delivery.currentJobId(),
    shipBuffer: setup.log.shipBuffer,
    maxFailures: config.current.ws_reconnect_attempts ?? 0,
    events: eventsFor(
      () => ({ claims, delivery, pipeline: facts.pipeline() }),
      (features) => {
        offered = features;
        facts.onWelcome();
      },
    ),
  });
  const claims = createClaims(session);
  const delivery = createDelivery({
    http,
    outbox,
    sender: claims,
    credentials,
    clock,
    random,
    log,
    studioOffers: (feature) => offered.includes(feature),
    onReport: () => {}, // the log has it
  });
  return { session, claims, delivery };
}

/** Who hears what, and in which order: who counts the claims comes first, since the others may speak of them at once. */
function eventsFor(
  hearers: () => { readonly claims: Claims; readonly delivery: SessionDelivery; readonly pipeline: Pipeline },
  onFeatures: (features: readonly string[]) => void,
): SessionEvents {
  return {
    onWelcome(welcome) {
      onFeatures(welcome.features);
      hearers().delivery.onWelcome(welcome);
    },
    onOffer: (offer) => hearers().pipeline.onOffer(offer),
    onAck: (ack) => hearers().delivery.onAck(ack),
    onHeartbeatAck(ack) {
      const { claims, delivery, pipeline } = hearers();
      claims.onHeartbeatAck(ack);
      pipeline.onHeartbeatAck(ack);
      delivery.onHeartbeatAck(ack);
    },
    onLost() {
      const { claims, delivery, pipeline } = hearers();
      claims.onLost();
      delivery.onLost();
      pipeline.onLost();
    },
  };
}
