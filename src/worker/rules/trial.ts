import { VERSION } from '../../base/version.ts';
import type { ConfigStore } from '../../config/store.ts';
import type { Scheduler } from '../../jobs/scheduler.ts';
import type { TrialPart } from '../../release/update/trial-run.ts';
import type { SessionEvents } from '../../studio/session/session.ts';
import type { WorkerEvents } from '../events.ts';
import type { WorkerDeps } from '../worker.ts';

type Parts = Pick<WorkerDeps, 'registration' | 'receivers' | 'delivery'>;

/**
 * The parts of a new version that proves itself: it opens a session and reports how far it has come. It takes no job, it
 * registers nobody, and what is on the disk it leaves for the version that stays to deliver.
 */
export function inTrial(
  { registration, receivers }: Parts,
  trial: TrialPart,
  around: {
    readonly config: Pick<ConfigStore, 'current'>;
    readonly link: Pick<SessionEvents, 'onWelcome'>;
    readonly scheduler: Pick<Scheduler, 'reserve'>;
    readonly events: Pick<WorkerEvents, 'subscribe'>;
  },
): Parts {
  const { config, link, scheduler, events } = around;
  const lease = scheduler.reserve({ origin: 'maintenance', purpose: `update ${VERSION}` });
  events.subscribe((event) => {
    if (event.is === 'session' && event.status.at === 'connecting') trial.report('connecting');
    if (event.is === 'heartbeat') trial.report('served');
    if (event.is === 'stopping' && lease.is === 'leased') lease[Symbol.dispose]();
  });
  const { worker_id: workerId, auth_token: authToken } = config.current;
  return {
    registration: {
      ...registration,
      start: () => (workerId && authToken ? registration.start() : trial.report('would-register')),
    },
    receivers: {
      ...receivers,
      onWelcome: (welcome) => link.onWelcome(welcome),
      delivery: { onWelcome: () => {}, onAck: () => {}, onHeartbeatAck: () => {}, onLost: () => {} },
    },
    delivery: {
      deliverPending: () => Promise.resolve(),
      pending: () => ({ count: 0, sizeBytes: 0 }),
      space: () => 'free',
    },
  };
}
