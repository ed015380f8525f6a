import { SECOND_MS } from '../../base/units.ts';
import type { Capabilities } from '../../contract/capabilities.ts';
import type { Welcome } from '../../contract/frames/inbound.ts';
import type { MachineView } from '../../local-api/deps.ts';
import { BARE_TERMS, type StudioTerms } from '../../studio/session/terms.ts';
import { createRoundTrip } from '../../studio/session/round-trip.ts';
import type { Registration } from '../../studio/registration/registration.ts';
import { ownCpuMs, returnMemory } from '../../system/machine/own-memory.ts';
import type { WorkerControl } from '../../worker/control/control.ts';
import { createWorkerEvents, type WorkerEvents } from '../../worker/events.ts';
import { createHistory } from '../../worker/history.ts';
import { createMachineSlots } from '../../worker/placement/machine-slots.ts';
import { offeredGb } from '../../worker/rules/operator-amounts.ts';
import { createRejectionCounts } from '../../worker/rules/rejection-counts.ts';
import { watchQuiet } from '../../worker/quiet.ts';
import { createStopping } from '../../worker/stop-driver.ts';
import { stopParts } from '../../worker/stop-parts.ts';
import { inTrial } from '../../worker/rules/trial.ts';
import { createWorker, type Worker } from '../../worker/worker.ts';
import { allowedBaseUrl } from '../studio-url.ts';
import { composeConditions } from './claiming/conditions.ts';
import { composeClaiming } from './claiming/claiming.ts';
import { controlOf } from './control.ts';
import { composeIdentity } from './identity.ts';
import { composeJobs, type Jobs } from './jobs.ts';
import { composeMachineFacts } from './machine-facts.ts';
import { composePresence } from './claiming/presence.ts';
import type { WorkerSetup } from './setup.ts';
import { statusFacts } from './status-facts.ts';
import { composeStudioLink, type StudioLink } from './studio-link.ts';
import { updateHost } from '../update/host.ts';

/*
 * Puts a worker together. The order is the matter of this file: what is built first is closed last, and a part that throws
 * half-way must leave nothing open behind it. That can be checked on one page and hardly over several.
 */

/** A worker and the ways in to it. Its `run` closes everything that it was built from, but for the config. */
export interface ComposedWorker extends Worker {
  readonly registration: Registration;
  readonly control: WorkerControl;
  readonly events: Pick<WorkerEvents, 'subscribe'>;
  readonly machine: Pick<MachineView, 'memory' | 'refreshMemory'>;
  readonly models: Pick<Jobs, 'catalogue' | 'store' | 'thumbnails' | 'results' | 'local'>;
  /** One more request to stop. */
  signal(): void;
}

/**
 * Builds the worker from its config. Nothing runs yet. What others need to know comes first: who may use the machine,
 * what happens in it, whether it is stopping. Then the link to the studio, then what turns its offers into outcomes.
 *
 * @throws WorkerError `config.invalid` | `config.insecure-url` for a studio that must not be spoken to
 */
export async function composeWorker(setup: WorkerSetup): Promise<ComposedWorker> {
  await using undo = new AsyncDisposableStack();
  const base = await composeBase(setup, undo);
  const parts: Parts = { ...base, ...(await composeOffers(setup, base, undo)) };
  const { registration, machine, link, jobs, stopping, events } = parts;
  stopping.connect(stopParts({ session: link.session, delivery: link.delivery, registration, events }));
  follow(setup, { session: link.session, registration, events });
  machine.onChange(() => link.session.beat());
  parts.slots.onLeftFree(() => link.session.beat()); // which is when the studio offers
  parts.slots.onParallelJobs(() => link.session.beat());
  parts.claiming.onChange(() => link.session.beat());
  const { updater } = setup;
  events.subscribe(({ is }) => {
    // A lease that waits for an update would hold up the end; one that hands over ends by itself.
    if (is === 'stopping' && updater?.takesOver === false) updater.stop();
  });
  const worker = workerOf(setup, parts);
  const built = undo.move();
  return {
    run: () => run(setup, parts, worker, built),
    status: () => worker.status(),
    control: controlOf(setup, parts, worker),
    events,
    machine: {
      memory: () => jobs.memory.latestAt,
      refreshMemory: () => jobs.memory.refresh(),
    },
    models: jobs,
    signal: () => stopping.signal(),
    registration,
  };
}

/** The whole life of the worker. Its parts are closed with it: all of them, even when closing one fails. */
async function run(setup: WorkerSetup, parts: Parts, worker: Worker, built: AsyncDisposableStack): Promise<number> {
  await using closing = built;
  const { scheduler, link, stopping, events } = parts;
  const host = { scheduler, delivery: link.delivery, session: link.session, stopping, events };
  // Made without an updater too: keys about updates are followed, and an edit is not called ineffective.
  const updates = updateHost(setup, host);
  const disconnect = setup.updater?.connect(updates);
  closing.defer(() => disconnect?.());
  using _quiet = watchQuiet({
    clock: setup.effects.clock,
    cpuMs: ownCpuMs,
    isBusy: () => scheduler.held.length > 0,
    onQuiet: returnMemory,
  });
  return await worker.run();
}

type Base = Awaited<ReturnType<typeof composeBase>>;
type Parts = Base & Awaited<ReturnType<typeof composeOffers>>;

/** What everything else of the worker goes by. */
async function composeBase(setup: WorkerSetup, undo: AsyncDisposableStack) {
  const { effects, config, engines } = setup;
  const { clock } = effects;
  const log = setup.log.logger;
  const apiBaseUrl = allowedBaseUrl(config.current, log); // an edit counts from the next start
  const events = createWorkerEvents(log);
  const presence = undo.use(composePresence(setup));
  const conditions = undo.use(composeConditions(setup, events));
  const machine = await composeMachineFacts({ effects, config, engines, log, presence });
  await conditions.first; // what is advertised depends on it
  const graceSecs = config.live('stop_grace_secs');
  const history = createHistory();
  events.subscribe((event) => history.onEvent(event));
  const rejections = createRejectionCounts(() => clock.now());
  events.subscribe((event) => rejections.onEvent(event));
  const slots = createMachineSlots({ clock, localPriority: config.live('local_priority') });
  const { scheduler } = slots;
  const stopping = createStopping({ scheduler, clock, log, graceMs: () => graceSecs() * SECOND_MS });
  return {
    apiBaseUrl,
    presence,
    machine,
    conditions,
    claiming: composeClaiming(setup, { events, conditions }),
    events,
    history,
    rejections,
    scheduler,
    slots,
    stopping,
  };
}

/** The way from an offer to its outcome and back to the studio. */
async function composeOffers(setup: WorkerSetup, base: Base, undo: AsyncDisposableStack) {
  const { apiBaseUrl, presence, conditions, machine, claiming, events, scheduler, slots, stopping } = base;
  const thresholdGb = setup.config.live('vram_threshold_gb');
  const takenGb = (): number => offeredGb(thresholdGb(), jobs.maxEstimateGb());
  const capabilities = capabilitiesOf(base, takenGb);
  const identity = composeIdentity(setup, { apiBaseUrl, capabilities: () => capabilities(BARE_TERMS) });
  const { registration, credentials } = identity;
  const roundTrip = createRoundTrip(setup.effects.clock);
  await setup.trial?.clearance(); // what follows belongs to one worker alone
  const link = await composeStudioLink(setup, {
    credentials,
    capabilities,
    claiming: claiming.now,
    scheduler,
    events,
    onHeartbeatSent: () => roundTrip.onSent(),
    onRevoked(revoked) {
      registration.revoke(revoked);
      link.session.credentialsChanged(); // we may go by another id already
    },
  });
  undo.defer(() => (stopping.underway ? undefined : link.delivery.stop())); // which a worker that ran did as it left
  const jobs = await composeJobs(setup, {
    ...link,
    events,
    claiming,
    conditions,
    isStopping: () => stopping.underway,
    userPresence: () => presence.latest(),
    slots,
    machine,
  });
  undo.defer(() => jobs.close());
  return { takenGb, capabilities, identity, registration, link, jobs, roundTrip };
}

/** What this worker tells a studio of these terms that it can do. */
const capabilitiesOf =
  ({ claiming, stopping, machine, slots }: Base, takenGb: () => number) =>
  ({ features, maxParallelJobs }: StudioTerms): Capabilities =>
    machine.capabilities({
      claiming: claiming.isClaiming() && !stopping.underway,
      thresholdGb: takenGb(),
      withExtensions: features.includes('extensionEngines'),
      maxParallelJobs: maxParallelJobs && Math.min(maxParallelJobs, slots.parallelJobs()),
    });

/** A new version on trial gets parts that take no job and deliver nothing. */
function workerOf(setup: WorkerSetup, parts: Parts): Worker {
  const { effects, config, log, trial } = setup;
  const { events, history, stopping, identity, link, jobs, roundTrip } = parts;
  const { session, claims, delivery } = link;
  const { registration, approved } = identity;
  const serving = {
    registration: { start: () => identity.start(), status: () => registration.status(), approved },
    receivers: {
      claims,
      delivery,
      pipeline: jobs.pipeline,
      onWelcome(welcome: Welcome) {
        link.onWelcome(welcome);
        jobs.restore();
      },
      onHeartbeatAck() {
        const roundTripMs = roundTrip.onAck(); // undefined for an ack that is unasked, or not the first of several
        if (roundTripMs !== undefined) events.emit({ is: 'heartbeat', roundTripMs });
      },
      onLost: () => roundTrip.onLost(),
    },
    delivery,
  };
  return createWorker({
    ...(trial === undefined ? serving : inTrial(serving, trial, { config, ...parts })),
    session,
    jobs,
    history,
    stopping,
    ...(setup.updater === undefined ? {} : { lastChance: () => setup.updater?.lastChance() ?? Promise.resolve() }),
    clock: effects.clock,
    log: log.logger,
    facts: () => statusFacts(setup, parts),
  });
}

/** Forwards edits of the config to the parts that depend on them. */
function follow(
  { config }: WorkerSetup,
  parts: Pick<StudioLink, 'session'> & {
    readonly registration: Registration;
    readonly events: Pick<WorkerEvents, 'emit'>;
  },
): void {
  const { session, registration, events } = parts;
  registration.onChange(() => {
    session.credentialsChanged();
    events.emit({ is: 'registration', status: registration.status() });
  });
  config.onChange((_config, { changedKeys }) => {
    session.beat();
    registration.reload(); // `register` in another process: whoever waits, or was rejected, asks anew
    events.emit({ is: 'config', changedKeys });
  });
}
