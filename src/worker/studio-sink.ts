import type { ResultSink } from '../jobs/job.ts';
import type { Delivery } from '../studio/delivery/delivery.ts';
import type { Claims } from './claims.ts';

/** Brings outcomes to the studio. A claim ends with its delivery, and an outcome without a claim is nobody's. */
export const createStudioSink = (claims: Pick<Claims, 'release'>, delivery: Pick<Delivery, 'deliver'>): ResultSink => ({
  async deliver(outcome) {
    try {
      if (outcome.is === 'cancelled' && outcome.error.code === 'job.claim-lost') {
        return { is: 'discarded', because: outcome.error.message };
      }
      return await delivery.deliver(outcome);
    } finally {
      claims.release(outcome.job.id);
    }
  },
});
