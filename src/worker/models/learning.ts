import type { Catalogue } from '../../models/catalogue/catalogue.ts';
import type { Pipeline } from '../pipeline.ts';

/** The catalogue knows every model that was offered, whatever becomes of its offer. */
export const learningFrom = (pipeline: Pipeline, catalogue: Pick<Catalogue, 'learn'>): Pipeline => ({
  onOffer(offer) {
    pipeline.onOffer(offer); // the studio waits for the answer, and nobody for the catalogue
    catalogue.learn(offer);
  },
  onHeartbeatAck: (ack) => pipeline.onHeartbeatAck(ack),
  onLost: () => pipeline.onLost(),
});
