import { toWorkerError, WorkerError } from '../../base/errors.ts';
import type { GpuDevice } from '../../base/gpu-device.ts';
import type { Engine, LoadedModel } from '../../engines/engine.ts';
import type { HeldFiles } from '../../jobs/run-deps.ts';
import type { Logger } from '../../log/logger.ts';
import type { Resident } from '../../models/loaded/residency.ts';
import type { ModelPool } from '../../models/loaded/pool.ts';
import type { Clock } from '../../system/clock.ts';
import type { ModelLoader } from './loader.ts';
import { readinessOf } from '../engines/readiness.ts';

export interface RestoreOptions {
  readonly engines: readonly Engine[];
  readonly pool: Pick<ModelPool<LoadedModel>, 'preload'>;
  readonly loader: Pick<ModelLoader, 'requestFor'>;
  /** The GPU it goes to; undefined where its engine chooses. */
  readonly deviceFor: (resident: Resident, engine: Engine) => Promise<GpuDevice | undefined>;
  /** A model's files, if all of them are on this disk; rejects otherwise. Fetches nothing. */
  readonly filesFor: (resident: Resident, signal: AbortSignal) => Promise<HeldFiles & AsyncDisposable>;
  /** How long an idle model stays in memory, in milliseconds. */
  readonly keepMs: () => number;
  readonly clock: Pick<Clock, 'now' | 'elapsed'>;
  readonly log: Logger;
}

/** What preloading a model from this disk takes. */
export type PreloadOptions = Pick<RestoreOptions, 'engines' | 'pool' | 'loader' | 'deviceFor' | 'filesFor' | 'keepMs'>;

/**
 * Loads what was in memory when an earlier run ended, one after the other, as long as memory is free and no job comes.
 * What would not have been kept until now is skipped, and so is what would have to be fetched. Never rejects.
 */
async function restore(residents: readonly Resident[], options: RestoreOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options;
  for (const resident of residents) {
    const { engine } = resident.source;
    const since = clock.elapsed();
    try {
      const because = await restoreOne(resident, options, signal);
      if (because === undefined) {
        log.info('model.restored', { engine, model: resident.model, ms: Math.round(clock.elapsed() - since) });
      } else log.debug('model.not-restored', { engine, model: resident.model, because });
    } catch (thrown) {
      const because = toWorkerError(signal.aborted ? signal.reason : thrown).message;
      log.info('model.not-restored', { engine, model: resident.model, because });
    }
    if (signal.aborted) return;
  }
}

/** Why it was left alone; undefined when it is in memory. */
async function restoreOne(
  resident: Resident,
  options: RestoreOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (options.clock.now() - resident.lastUsedAt >= options.keepMs()) return 'its keep-warm time has expired';
  return (await preload(resident, options, signal))?.because;
}

/** Why a model was not loaded: it would not be kept, nothing here runs it, or memory is short. */
export interface NotLoaded {
  readonly what: 'not-kept' | 'engine' | 'memory';
  readonly because: string;
}

/**
 * Preloads one model from this disk, for any job, as long as there is enough free memory. Gives why it was not loaded;
 * undefined when it is in memory.
 *
 * @throws WorkerError what `filesFor` and loading throw
 */
export async function preload(
  resident: Resident,
  options: PreloadOptions,
  signal: AbortSignal,
): Promise<NotLoaded | undefined> {
  if (options.keepMs() === 0) {
    return { what: 'not-kept', because: 'idle models are not kept: claiming is off, or keep_warm_secs is 0' };
  }
  const { model, source, gb, lastUsedAt } = resident;
  const engine = options.engines.find(({ id }) => id === source.engine);
  if (engine === undefined) return { what: 'engine', because: 'this release does not carry its engine' };
  if (!(await readinessOf(engine)).ready) return { what: 'engine', because: 'its engine is not ready' };
  await using files = await options.filesFor(resident, signal);
  const job = { model, source, vramGbEstimate: gb, task: undefined };
  const device = await options.deviceFor(resident, engine);
  const request = await options.loader.requestFor({
    engine,
    files,
    how: { lean: false, mayFetch: false, device },
    job,
  });
  return (await options.pool.preload(request, lastUsedAt, signal))
    ? undefined
    : { what: 'memory', because: 'there is not enough free memory for it' };
}

/** Restores at most once, and is ended before its time when there is better to do. */
export interface RestoreOnce {
  start(): void;
  end(because: string): Promise<void>;
}

export function createRestoreOnce(residents: readonly Resident[], options: RestoreOptions): RestoreOnce {
  const over = new AbortController();
  let done: Promise<void> | undefined;
  return {
    start: () => void (done ??= restore(residents, options, over.signal)),
    end: (because) => {
      if (!over.signal.aborted) over.abort(new WorkerError('job.cancelled', because)); // asked for at each job
      return (done ??= Promise.resolve());
    },
  };
}
