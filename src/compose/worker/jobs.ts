import { createRegistry } from '../../engines/registry.ts';
import { createRepeatFailures } from '../../jobs/repeat-failures.ts';
import { createResultCheck } from '../../jobs/result-check.ts';
import { type Catalogue, openCatalogue } from '../../models/catalogue/catalogue.ts';
import { createModelStore, type ModelStore } from '../../models/store/store.ts';
import type { PooledModel } from '../../models/loaded/entry.ts';
import { type JobExecutor, type JobExecutorDeps, createJobExecutor } from '../../worker/job-executor.ts';
import type { WorkerEvents } from '../../worker/events.ts';
import { createLocalJobs, type LocalJobs } from '../../worker/local/local-jobs.ts';
import { learningFrom } from '../../worker/models/learning.ts';
import { slotPreferenceFor, type SlotPreferenceOptions } from '../../worker/placement/slot-preference.ts';
import { createPipeline, type Pipeline } from '../../worker/pipeline.ts';
import { createRecentResults, type RecentResults } from '../../worker/reports/recent-results.ts';
import { createThumbnails, type Thumbnails, type ThumbnailsOptions } from '../../worker/reports/thumbnails.ts';
import { afterUnreferenced } from '../../system/clock.ts';
import type { UserPresence } from '../../system/presence/presence.ts';
import { createLoadFailures, type LoadFailures } from '../../worker/rules/load-failures.ts';
import { createOfferFacts, type OfferFactsDeps, type OfferFactsReader } from '../../worker/rules/offer-facts.ts';
import { openSchemaCheck } from '../children/schema-check.ts';
import { siblingsOf } from '../../config/paths.ts';
import { liveChoice } from '../config.ts';
import { modelStoreOptions } from '../model-store.ts';
import type { ClaimingParts } from './claiming/claiming.ts';
import type { Conditions } from './claiming/conditions.ts';
import { composeLoadedModels, type LoadedModels } from './loaded-models.ts';
import type { Memory } from './memory.ts';
import type { MachineSlots } from '../../worker/placement/machine-slots.ts';
import type { WorkerSetup } from './setup.ts';
import type { StudioLink } from './studio-link.ts';

/** What turns an offer into an outcome. */
export interface Jobs extends Pick<JobExecutor, 'running'>, Pick<LoadedModels, 'load' | 'unload'> {
  readonly pipeline: Pipeline;
  readonly offerFacts: OfferFactsReader;
  /** What programs of this machine ask for. */
  readonly local: LocalJobs;
  /** The largest estimate that could ever be taken here, in GiB; undefined while no size is known. */
  readonly maxEstimateGb: () => number | undefined;
  /** Loads in the background what was in memory when the worker ended last. */
  restore(): void;
  readonly memory: Memory['probe'];
  readonly store: ModelStore;
  readonly catalogue: Catalogue;
  readonly thumbnails: Thumbnails;
  readonly results: RecentResults;
  /** The models in memory. */
  models(): readonly PooledModel[];
  /** Frees all models, and keeps what was learnt about memory. */
  close(): Promise<void>;
}

/** What jobs are taken by, and where their results go. */
export interface JobsParts extends Pick<StudioLink, 'claims' | 'delivery' | 'studioOffers'> {
  readonly events: WorkerEvents;
  readonly claiming: ClaimingParts;
  readonly conditions: Pick<Conditions, 'current'>;
  readonly isStopping: () => boolean;
  readonly userPresence: () => UserPresence | undefined;
  readonly slots: MachineSlots;
  readonly machine: SlotPreferenceOptions['machine'];
}

/** Enough that no two of the jobs in one history are alike. */
const LOCAL_ID_BYTES = 6;

/** Nothing runs yet. The caller closes it once the last job is over and all deliveries have ended. */
export async function composeJobs(setup: WorkerSetup, parts: JobsParts): Promise<Jobs> {
  const { config, effects } = setup;
  const { events, claims, delivery, studioOffers } = parts;
  const { scheduler } = parts.slots;
  const log = setup.log.logger.child({}, 'jobs');
  const loadFailures = createLoadFailures(effects.clock);
  const store = createModelStore(modelStoreOptions(effects, config, setup.log.logger));
  await using undo = new AsyncDisposableStack();
  const catalogue = await catalogueOf(setup, events);
  undo.defer(() => catalogue.saved());
  const loaded = await composeLoadedModels(setup, store, parts);
  undo.defer(() => loaded.close());
  const { admission, probe } = loaded.memory;
  const offerFacts = readOfferFacts(setup, parts, { loadFailures, admission, catalogue });
  const { shown, ...books } = composeShown(effects.images, events, log);
  const jobs = executorOf(setup, { loadFailures, store, loaded, shown, events, log });
  const pipeline = createPipeline({ scheduler, claims, offerFacts, jobs, sink: delivery, studioOffers, events, log });
  const built = undo.move();
  return {
    local: createLocalJobs({ scheduler, offerFacts, jobs, newId: () => effects.random.hex(LOCAL_ID_BYTES) }),
    pipeline: learningFrom(pipeline, catalogue),
    offerFacts,
    running: () => jobs.running(),
    load: loaded.load,
    unload: loaded.unload,
    memory: probe,
    store,
    catalogue,
    ...books,
    models: () => loaded.pool.list(),
    maxEstimateGb: () => admission.maxEstimateGb(),
    restore: () => loaded.restore(),
    close: () => built.disposeAsync(),
  };
}

/** Runs jobs on the engines of this worker, with every rule that a result has to pass. */
function executorOf(
  { config, effects, engines, quarantine }: WorkerSetup,
  parts: Pick<JobExecutorDeps, 'store' | 'shown' | 'events' | 'log'> & {
    readonly loadFailures: LoadFailures;
    readonly loaded: LoadedModels;
  },
): JobExecutor {
  const { clock, images, sha256 } = effects;
  const { loadFailures, loaded, ...deps } = parts;
  return createJobExecutor({
    ...deps,
    runDeps: {
      registry: createRegistry(engines.map((engine) => loadFailures.over(engine))),
      memory: loaded.memory.admission,
      models: loaded.loader,
      repeats: createRepeatFailures({
        sha256,
        forgive: (engine, model, count) => quarantine.forgive(engine, model, count),
      }),
      resultCheck: createResultCheck({
        images,
        checkSchema: openSchemaCheck(effects),
        policy: config.live('output_check'),
      }),
      clock,
    },
    onTaken: (job, device) => loaded.onTaken(job, device),
    clock,
  });
}

/** What people are shown of the newest results. */
function composeShown(
  images: ThumbnailsOptions['images'],
  events: Pick<WorkerEvents, 'emit'>,
  log: ThumbnailsOptions['log'],
): Pick<Jobs, 'thumbnails' | 'results'> & Required<Pick<JobExecutorDeps, 'shown'>> {
  const thumbnails = createThumbnails({
    images,
    log,
    after: afterUnreferenced,
    onMade: (jobId) => events.emit({ is: 'thumbnail', jobId }),
  });
  const results = createRecentResults();
  return {
    thumbnails,
    results,
    shown: {
      onPreview: (job, bytes) => thumbnails.onPreview(job.id, bytes),
      onResult(job, result) {
        thumbnails.onResult(job, result);
        results.keep(job.id, result);
      },
      onNone: (job) => thumbnails.onNone(job.id),
    },
  };
}

const catalogueOf = (
  { config, effects, log, seeds = [] }: WorkerSetup,
  events: Pick<WorkerEvents, 'emit'>,
): Promise<Catalogue> =>
  openCatalogue({
    path: siblingsOf(config.path).catalogue,
    files: effects.files,
    clock: effects.clock,
    log: log.logger.child({}, 'models'),
    onChange: () => events.emit({ is: 'catalogue' }),
    seeds,
  });

/** Each fact is read anew for each offer: the config may have been edited since the last. */
function readOfferFacts(
  { config, engines, quarantine, cpuRule }: WorkerSetup,
  { slots, machine, claiming, conditions, delivery, isStopping, userPresence }: JobsParts,
  about: Pick<OfferFactsDeps, 'loadFailures' | 'catalogue'> & { readonly admission: Memory['admission'] },
): OfferFactsReader {
  return createOfferFacts({
    claimingOff: () => !claiming.enabled(),
    pauseSwitch: claiming.pauseSwitch,
    conditions: () => conditions.current(),
    choice: liveChoice(config),
    onlyWhenIdle: config.live('only_when_idle'),
    thresholdGb: config.live('vram_threshold_gb'),
    userPresence,
    scheduler: slots.scheduler,
    isStopping,
    outboxSpace: () => delivery.space(),
    quarantine,
    cpuRule,
    loadFailures: about.loadFailures,
    catalogue: about.catalogue,
    wishFor: slotPreferenceFor({ engines, machine, admission: about.admission }),
    memory: about.admission,
  });
}
