import { WorkerError } from '../../base/errors.ts';
import { cancelRunning } from '../../jobs/held.ts';
import type { Scheduler } from '../../jobs/scheduler.ts';
import type { Updater } from '../../release/update/updater.ts';
import type { PresenceWatch } from '../../system/presence/watch.ts';
import { type ControlDeps, createWorkerControl, type WorkerControl } from '../../worker/control/control.ts';
import type { OfferCounts } from '../../worker/rules/rejection-counts.ts';
import type { Stopping } from '../../worker/stop-driver.ts';
import type { Worker } from '../../worker/worker.ts';
import { offeredUrlCheck } from '../model-store.ts';
import type { ClaimingParts } from './claiming/claiming.ts';
import type { Jobs } from './jobs.ts';
import { readObstacles } from './obstacles.ts';
import type { WorkerSetup } from './setup.ts';
import type { StudioLink } from './studio-link.ts';

/** The parts of a running worker that are asked or told something. */
interface ControlParts extends Pick<ControlDeps, 'events'> {
  readonly scheduler: Scheduler;
  readonly stopping: Pick<Stopping, 'signal'>;
  readonly rejections: { readonly counts: () => OfferCounts };
  readonly jobs: Pick<Jobs, 'load' | 'unload' | 'offerFacts' | 'store'>;
  readonly link: Pick<StudioLink, 'delivery' | 'session'>;
  readonly presence: Pick<PresenceWatch, 'latest'>;
  readonly claiming: Pick<ClaimingParts, 'pauseSwitch'>;
}

/** Where nothing updates this worker, a request is answered with that, and not as one that is unknown. */
const NO_UPDATER: Pick<Updater, 'request'> = {
  request: () => Promise.reject(new WorkerError('update.unsupported', 'nothing updates this worker')),
};

/** All that may be asked of the worker while it runs, from whichever side. */
export function controlOf(setup: WorkerSetup, parts: ControlParts, worker: Pick<Worker, 'status'>): WorkerControl {
  const { config, engines, updater } = setup;
  const { scheduler, stopping, events, rejections, jobs, link, presence, claiming } = parts;
  return createWorkerControl({
    status: () => worker.status(),
    obstacles: () =>
      readObstacles(worker.status(), setup, {
        scheduler,
        userPresence: () => presence.latest(),
        outboxSpace: () => link.delivery.space(),
      }),
    pauseSwitch: claiming.pauseSwitch,
    reload: () => config.reload(),
    load: jobs.load,
    unload: jobs.unload,
    cancel: (jobId, reason) => cancelRunning(scheduler, jobId, reason),
    async deliver(files) {
      const taken = await link.delivery.takeIn(files);
      void link.delivery.deliverPending();
      link.session.beat(); // JSON results wait for a heartbeat that names their job
      return taken;
    },
    discard: (file) => link.delivery.discard(file),
    offerCounts: () => rejections.counts(),
    async explain(offer) {
      const { explainNow } = await import('../../worker/explain.ts');
      return await explainNow(offer, {
        engines,
        readFacts: () => jobs.offerFacts.factsFor(offer),
        urls: { check: offeredUrlCheck(setup.effects, config), stored: () => jobs.store.list() },
      });
    },
    update: (request) => (updater ?? NO_UPDATER).request(request),
    stop: () => stopping.signal(),
    events,
    log: setup.log,
  });
}
