import type { SessionDelivery } from '../studio/delivery/deliver.ts';
import type { Registration } from '../studio/registration/registration.ts';
import type { DrivenSession } from '../studio/session/driver.ts';
import type { WorkerEvents } from './events.ts';
import type { StopParts } from './stop-driver.ts';

/** What stopping means for everything that runs in a worker. */
export const stopParts = ({
  session,
  delivery,
  registration,
  events,
}: {
  readonly session: Pick<DrivenSession, 'beat' | 'stop'>;
  readonly delivery: Pick<SessionDelivery, 'stop'>;
  readonly registration: Pick<Registration, 'stop'>;
  readonly events: Pick<WorkerEvents, 'emit'>;
}): StopParts => ({
  onStopping() {
    events.emit({ is: 'stopping' });
    session.beat();
  },
  onHandingBack: () => void delivery.stop(), // an upload that stands still would hold its slot for minutes
  async leave() {
    await Promise.allSettled([registration.stop(), session.stop()]);
    await delivery.stop();
  },
});
