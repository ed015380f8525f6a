import type { Welcome } from '../contract/frames/inbound.ts';
import type { SessionDelivery } from '../studio/delivery/deliver.ts';
import type { SessionEvents } from '../studio/session/session.ts';
import type { Claims } from './claims.ts';
import type { Pipeline } from './pipeline.ts';

/** The parts of a worker that receive frames of the studio. */
export interface InboxReceivers {
  readonly claims: Pick<Claims, 'onHeartbeatAck' | 'onLost'>;
  readonly delivery: Pick<SessionDelivery, 'onWelcome' | 'onAck' | 'onHeartbeatAck' | 'onLost'>;
  readonly pipeline: Pick<Pipeline, 'onOffer' | 'onHeartbeatAck' | 'onLost'>;
  readonly onWelcome: (welcome: Welcome) => void;
}

/** Where the session puts the studio's frames. It exists before its receivers, which need the session to answer. */
export interface Inbox {
  readonly events: SessionEvents;
  /** Before the session starts. Until then nothing can arrive. */
  connect(receivers: InboxReceivers): void;
}

/*
 * Who receives what, and in which order:
 *
 *   welcome        the worker, then delivery: what the studio offers is known before anything is delivered
 *   offer          the pipeline
 *   ack            delivery
 *   heartbeatAck   claims, the pipeline, delivery: the others may send frames that only a counted claim lets pass
 *   lost           claims, delivery, the pipeline: nothing is sent on a claim that went with its socket
 */
export function createInbox(): Inbox {
  let to: InboxReceivers | undefined;
  return {
    connect: (receivers) => void (to = receivers),
    events: {
      onWelcome(welcome) {
        to?.onWelcome(welcome);
        to?.delivery.onWelcome(welcome);
      },
      onOffer: (offer) => to?.pipeline.onOffer(offer),
      onAck: (ack) => to?.delivery.onAck(ack),
      onHeartbeatAck(ack) {
        to?.claims.onHeartbeatAck(ack);
        to?.pipeline.onHeartbeatAck(ack);
        to?.delivery.onHeartbeatAck(ack);
      },
      onLost() {
        to?.claims.onLost();
        to?.delivery.onLost();
        to?.pipeline.onLost();
      },
    },
  };
}
