import { WorkerError } from '../../base/errors.ts';
import type { LoadedModel } from '../../engines/engine.ts';
import type { Job } from '../../jobs/job.ts';
import { openResidency } from '../../models/loaded/residency.ts';
import type { ModelRequest, StoredFiles } from '../../models/store/file-resolver.ts';
import type { FileLease, ModelStore } from '../../models/store/store.ts';
import { mayHaveGpu } from '../../models/memory/gpu-memory.ts';
import { createModelPool, type ModelPool } from '../../models/loaded/pool.ts';
import { keepWarmMs } from '../../worker/rules/operator-amounts.ts';
import { createModelLoader, type ModelLoader } from '../../worker/models/loader.ts';
import { createRestoreOnce, preload } from '../../worker/models/restore.ts';
import type { ControlDeps } from '../../worker/control/control.ts';
import { siblingsOf } from '../../config/paths.ts';
import { type Memory, type MemoryOptions, openMemory } from './memory.ts';
import type { WorkerEvents } from '../../worker/events.ts';
import type { ClaimingParts } from './claiming/claiming.ts';
import type { WorkerSetup } from './setup.ts';

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
  onTaken(job: Job): void;
  /** Frees all models, and keeps what was learnt about memory. */
  close(): Promise<void>;
}

/** Opens what is remembered of memory and of models, and loads nothing yet. Whoever calls it closes it, after the last job. */
export async function composeLoadedModels(
  setup: WorkerSetup,
  store: ModelStore,
  { events, claiming }: { readonly events: Pick<WorkerEvents, 'emit'>; readonly claiming: ClaimingParts },
): Promise<LoadedModels> {
  const { config, effects, engines } = setup;
  const { clock, files } = effects;
  const log = setup.log.logger.child({}, 'models');
  const paths = siblingsOf(config.path);
  const memory = await memoryOf(setup, (kind) => pool.shares(kind));
  const { admission, probe } = memory;
  const residency = await openResidency({ path: paths.residency, files, clock, log });
  const keepSecs = config.live('keep_warm_secs');
  const keepMs = (): number => keepWarmMs(claiming.isClaiming(), keepSecs());
  let remembers = true;
  const onChange = (): void => {
    if (remembers) residency.remember(pool.residents());
    events.emit({ is: 'models', models: pool.list() });
  };
  const pool = createModelPool<LoadedModel>({ keepMs, probe, clock, log, onChange });
  const loader = createModelLoader({ pool, admission, files, hasGpu: () => mayHaveGpu(probe.latest) });
  const filesFor = (request: ModelRequest, signal: AbortSignal) => presentFiles(store, request, signal);
  const about = { engines, pool, loader, filesFor, keepMs, clock, log };
  const restore = createRestoreOnce(residency.found, about);
  const unfollow = follow(setup, claiming, pool);
  const closing = new AbortController();
  return {
    memory,
    pool,
    loader,
    restore: () => restore.start(),
    load: ({ model, source, gb = 0 }) => preload({ model, source, gb, lastUsedAt: clock.now() }, about, closing.signal),
    unload: (which) => pool.unload(which, 'requested'),
    onTaken({ model }) {
      void restore.end('a job came first');
      pool.cancelPreloads(model);
    },
    async close() {
      unfollow();
      closing.abort(new WorkerError('job.cancelled', 'the worker was stopped'));
      remembers = false; // what is unloaded now is to be loaded again at the next start
      const restored = restore.end('the worker was stopped');
      await pool.close();
      await Promise.all([restored, residency.saved(), memory.close()]);
    },
  };
}

const memoryOf = (setup: WorkerSetup, loaded: MemoryOptions['loaded']): Promise<Memory> =>
  openMemory(setup.effects, {
    engines: setup.engines,
    peaksPath: siblingsOf(setup.config.path).peaks,
    loaded,
    ceilingGb: setup.config.live('memory_max_gb'),
    log: setup.log.logger.child({}, 'jobs'),
  });

/** A model's files, marked as in use until they are disposed of, if all of them are on this disk. */
async function presentFiles(
  store: ModelStore,
  { model, source }: ModelRequest,
  signal: AbortSignal,
): Promise<StoredFiles & AsyncDisposable> {
  await using undo = new AsyncDisposableStack();
  const lease: FileLease = undo.use(store.lease());
  const stored = await lease.filesFor({ model, source, onlyPresent: true }, signal);
  const held = undo.move();
  return { ...stored, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

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
