import type { JobId } from '../../base/ids.ts';
import type { Feature } from '../../contract/frames/inbound.ts';
import type { OutboundFrame } from '../../contract/frames/outbound.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { Http } from '../../system/net/http.ts';
import type { Random } from '../../system/random.ts';
import type { Credentials } from '../session/session.ts';
import type { FinalReport } from '../../jobs/delivery-report.ts';
import type { Outbox } from './outbox.ts';

/** What delivery works with. */
export interface DeliveryDeps {
  readonly http: Http;
  readonly outbox: Outbox;
  /** Hands a frame to the live session; false when nothing was sent, and nothing will be. */
  readonly claims: {
    send(frame: OutboundFrame): boolean;
    /** The claim ends with its delivery, also when that was an upload. */
    release(jobId: JobId): void;
  };
  /** Who we are to the studio now; undefined when nobody. */
  readonly credentials: () => Credentials | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Whether the latest welcome offered this, also while its socket is gone. */
  readonly studioOffers: (feature: Feature) => boolean;
  /**
   * Called when the delivery of a result ended after `deliver` resolved: in the background, with an acknowledgement, after
   * a reconnect or a restart. Must not throw.
   */
  readonly onReport: (jobId: JobId, report: FinalReport) => void;
  /** Cuts an upload that moved no byte for this long; 30 s when left out. */
  readonly stallMs?: number;
}
