import { WorkerError } from '../../base/errors.ts';
import type { GpuDevice } from '../../base/gpu-device.ts';
import type { LoadedModel } from '../../engines/engine.ts';
import type { Job } from '../../jobs/job.ts';
import { openResidency } from '../../models/loaded/residency.ts';
import { presentFilesIn } from '../../worker/models/present-files.ts';
import type { ModelStore } from '../../models/store/store.ts';
import { mayHaveGpu } from '../../models/memory/gpu-memory.ts';
import { createModelPool, type ModelPool } from '../../models/loaded/pool.ts';
import { keepWarmMs } from '../../worker/rules/operator-amounts.ts';
import { createModelLoader, type ModelLoader } from '../../worker/models/loader.ts';
import type { SlotPreferenceOptions } from '../../worker/placement/slot-preference.ts';
import { createRestoreOnce, preload } from '../../worker/models/restore.ts';
import type { ControlDeps } from '../../worker/control/control.ts';
import { siblingsOf } from '../../config/paths.ts';
import { type Memory, type MemoryOptions, openMemory } from './memory.ts';
import type { WorkerEvents } from '../../worker/events.ts';
import type { ClaimingParts } from './claiming/claiming.ts';
import type { WorkerSetup } from './setup.ts';
import type { MachineSlots } from '../../worker/placement/machine-slots.ts';

/** The models in memory, and the memory they are in. */
export interface LoadedModels {
  readonly memory: Memory;
  readonly pool: ModelPool<LoadedModel>;
  readonly loader: ModelLoader;
  /** Loads in the background what was in memory when the worker ended last. Only the first call counts. */
  restore(): void;
  /** Loads a model that the operator wants in memory. Cancelled when a job comes for another one. */
  readonly load: ControlDeps['load'];
  readonly unload: ControlDeps['unload'];
  /** A job was taken: nothing else is loaded before its model. */
  onTaken(job: Job, device: GpuDevice | undefined): void;
  /** Frees all models, and keeps what was learnt about memory. */
  close(): Promise<void>;
}

export interface LoadedModelsParts {
  readonly events: Pick<WorkerEvents, 'emit'>;
  readonly claiming: ClaimingParts;
  readonly slots: Pick<MachineSlots, 'devices' | 'onReport'>;
  readonly machine: SlotPreferenceOptions['machine'];
}

/** Opens what is remembered of memory and of models, and loads nothing yet. Whoever calls it closes it, after the last job. */
export async function composeLoadedModels(
  setup: WorkerSetup,
  store: ModelStore,
  parts: LoadedModelsParts,
): Promise<LoadedModels> {
  const { clock, files } = setup.effects;
  const log = setup.log.logger.child({}, 'models');
  const residency = await openResidency({ path: siblingsOf(setup.config.path).residency, files, clock, log });
  const memory = await memoryOf(setup, parts, (kind) => pool.shares(kind));
  const keepMs = keepMsOf(setup, parts.claiming);
  const closing = new AbortController();
  const onChange = (): void => {
    // What is unloaded at the end is to be loaded again at the next start.
    if (!closing.signal.aborted) residency.remember(pool.residents());
    parts.events.emit({ is: 'models', models: pool.list() });
  };
  const pool = createModelPool<LoadedModel>({ keepMs, probe: memory.probe, clock, log, onChange });
  const loader = loaderOf(pool, memory, files);
  const found = { engines: setup.engines, filesFor: presentFilesIn(store), deviceFor: memory.deviceFor };
  const about = { ...found, pool, loader, keepMs, clock, log };
  const restore = createRestoreOnce(residency.found, about);
  const unfollow = follow(setup, parts.claiming, pool);
  return {
    memory,
    pool,
    loader,
    restore: () => restore.start(),
    load: ({ model, source, gb = 0 }) => preload({ model, source, gb, lastUsedAt: clock.now() }, about, closing.signal),
    unload: (which) => pool.unload(which, 'requested'),
    onTaken: ({ model }, device) => {
      void restore.end('a job came first');
      pool.cancelPreloads({ model, device });
    },
    async close() {
      unfollow();
      closing.abort(new WorkerError('job.cancelled', 'the worker was stopped'));
      await Promise.all([restore.end('the worker was stopped'), pool.close()]);
      await Promise.all([residency.saved(), memory.close()]);
    },
  };
}

const loaderOf = (
  pool: ModelPool<LoadedModel>,
  { admission, probe }: Memory,
  files: WorkerSetup['effects']['files'],
): ModelLoader => createModelLoader({ pool, admission, files, hasGpu: () => mayHaveGpu(probe.latest) });

function keepMsOf({ config }: WorkerSetup, claiming: ClaimingParts): () => number {
  const keepSecs = config.live('keep_warm_secs');
  return () => keepWarmMs(claiming.isClaiming(), keepSecs());
}

const memoryOf = (
  setup: WorkerSetup,
  { slots, machine }: LoadedModelsParts,
  loaded: MemoryOptions['loaded'],
): Promise<Memory> =>
  openMemory(setup.effects, {
    engines: setup.engines,
    peaksPath: siblingsOf(setup.config.path).peaks,
    loaded,
    ceilingGb: setup.config.live('memory_max_gb'),
    devices: () => slots.devices(),
    machine,
    onReport: (report) => slots.onReport(report),
    log: setup.log.logger.child({}, 'jobs'),
  });

/** What the operator switches reaches the models in memory. */
function follow({ config }: WorkerSetup, claiming: ClaimingParts, pool: ModelPool<LoadedModel>): () => void {
  const unfollowClaims = claiming.onChange(() => {
    if (!claiming.isClaiming()) void pool.unloadAll('claiming-off');
  });
  const unfollowKeep = config.watch('keep_warm_secs', () => pool.keepMsChanged());
  return () => {
    unfollowClaims();
    unfollowKeep();
  };
}
