import { gpuId } from '../../base/gpu-device.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { MemoryProbe } from '../memory/evict.ts';
import type { LoadedShare } from '../memory/fit.ts';
import type { MemoryKind } from '../memory/gpu-memory.ts';
import { isSameGpu, reportOn, sharesOn } from '../memory/one-gpu.ts';
import { Entries } from './entries.ts';
import { createEntry, type Entry, type LoadRequest, markUsed, type ModelName, type PooledModel } from './entry.ts';
import { freeAll } from './free-all.ts';
import { healthAfter } from './health.ts';
import type { LoadedWeights } from './lane.ts';
import { isIdle, isOut, type ModelState, type UnloadReason } from './lifecycle.ts';
import { logUnloaded } from './log-unload.ts';
import { MemoryUpkeep } from './memory-upkeep.ts';
import type { Resident } from './residency.ts';
import { Turns } from './turns.ts';

/*
 * The models in memory. One that was used stays for a while, so that the next job on it pays no load; the least recently
 * used is evicted first when another must fit or other programs need the memory. One lane for each engine, model and
 * GPU: changed files or settings replace what is loaded. Every way into memory and out of it is here, so it is long.
 */

/** The models in memory. Whoever makes one closes it, after the last `withModel` was aborted or has ended. */
export interface ModelPool<Model extends LoadedWeights> {
  /**
   * Gives `use` the model, loaded if it is not, and returns what `use` does. Its holders queue. A failure
   * that may be the model's own fault unloads it.
   *
   * @throws WorkerError what loading and `use` throw; or the signal's reason
   */
  withModel<T>(request: LoadRequest<Model>, signal: AbortSignal, use: (model: Model) => Promise<T>): Promise<T>;
  /** Loads a model ahead of any job, if it fits without evicting others. False when it does not. */
  preload(request: LoadRequest<Model>, lastUsedAt: number, signal: AbortSignal): Promise<boolean>;
  /** Aborts preloads on the GPU of this model, and where no GPU is meant; not that of the model itself. */
  cancelPreloads(except: Pick<LoadedShare, 'model' | 'device'>): void;
  list(): readonly PooledModel[];
  /** What is to be loaded again after a restart. */
  residents(): readonly Resident[];
  /** What each model has of a kind of memory. */
  shares(kind: MemoryKind): readonly LoadedShare[];
  /** Unloads what is idle now, and what is in use once it is not. Settles when all of it is out of memory. */
  unloadAll(because: UnloadReason): Promise<void>;
  /** Unloads one model as `unloadAll` does. Resolves with how many entries it had, once they are out of memory. */
  unload(meant: ModelName, because: UnloadReason): Promise<number>;
  /** To be called when `keepMs` returns another value than before. */
  keepMsChanged(): void;
  /** Frees everything, used or not, so that nothing of it outlives the worker. Settles within about a second. */
  close(): Promise<void>;
}

/** What a pool works with. */
export interface ModelPoolOptions {
  /** How long an idle model stays, in milliseconds; 0 frees each with its job. */
  readonly keepMs: () => number;
  readonly probe: MemoryProbe;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called when a model was loaded, used or unloaded. */
  readonly onChange: () => void;
}

/** A pool with nothing in memory yet. */
export function createModelPool<Model extends LoadedWeights>(options: ModelPoolOptions): ModelPool<Model> {
  return new DrivenPool(options);
}

class DrivenPool<Model extends LoadedWeights> implements ModelPool<Model> {
  readonly #options: ModelPoolOptions;
  readonly #entries = new Entries<Model>();
  readonly #memory: MemoryUpkeep<Model>;
  readonly #turns: Turns;

  constructor(options: ModelPoolOptions) {
    this.#options = options;
    this.#memory = new MemoryUpkeep(this.#entries, options);
    this.#turns = new Turns(options.clock);
  }

  async withModel<T>(request: LoadRequest<Model>, signal: AbortSignal, use: (model: Model) => Promise<T>): Promise<T> {
    this.cancelPreloads(request);
    using turn = this.#turns.join(queueOf(request), signal);
    if (turn.wait !== undefined) await turn.wait;
    const entry = this.#entries.findUsable(request) ?? (await this.#replaced(request));
    const model = await this.#take(entry, signal);
    let isHealthy = false;
    try {
      const result = await use(model);
      isHealthy = true;
      entry.isSuspect = false;
      return result;
    } catch (thrown) {
      const health = healthAfter(thrown, signal);
      isHealthy = health === 'healthy' || (health === 'suspect' && !entry.isSuspect);
      entry.isSuspect = health === 'suspect';
      throw thrown;
    } finally {
      await this.#release(entry, isHealthy);
    }
  }

  async preload(request: LoadRequest<Model>, lastUsedAt: number, signal: AbortSignal): Promise<boolean> {
    const report = await this.#options.probe.refresh();
    signal.throwIfAborted(); // a job came meanwhile
    const { kind, device } = request;
    const { is } = request.fits(reportOn(report, device), sharesOn(this.shares(kind), device));
    if (is !== 'fits' && is !== 'unknown') return false;
    if (this.#entries.find(request) !== undefined) return true;
    const entry = this.#add(request);
    entry.beforeLoad = report;
    markUsed(entry, this.#options.clock, lastUsedAt);
    await entry.lane.preload();
    await this.#memory.measure(entry);
    return true;
  }

  cancelPreloads({ model, device }: Pick<LoadedShare, 'model' | 'device'>): void {
    for (const { request, lane } of this.#entries.current) {
      const { state } = lane;
      const isInTheWay = request.device === undefined || device === undefined || isSameGpu(request.device, device);
      const isOther = request.model !== model || !isSameGpu(request.device, device);
      if (state.at === 'loading' && !state.inUse && isInTheWay && isOther) void lane.unload('cancelled');
    }
  }

  list(): readonly PooledModel[] {
    return this.#entries.views();
  }

  residents(): readonly Resident[] {
    return this.#entries.residents();
  }

  shares(kind: MemoryKind): readonly LoadedShare[] {
    return this.#entries.shares(kind);
  }

  async unloadAll(because: UnloadReason): Promise<void> {
    await Promise.all(this.#entries.current.map(({ lane }) => lane.unload(because)));
  }

  async unload(meant: ModelName, because: UnloadReason): Promise<number> {
    const entries = this.#entries.named(meant);
    await Promise.all(entries.map(({ lane }) => lane.unload(because)));
    return entries.length;
  }

  keepMsChanged(): void {
    for (const { lane } of this.#entries.current) lane.keepMsChanged();
  }

  async close(): Promise<void> {
    await freeAll(this.#entries.all, this.#options.clock);
  }

  /** A new entry in the place of the one of that name, which is unloaded first. Only for the holder whose turn it is. */
  async #replaced(request: LoadRequest<Model>): Promise<Entry<Model>> {
    const known = this.#entries.find(request);
    if (known === undefined) return this.#add(request);
    const { state } = known.lane;
    const unloaded = known.lane.unload('replaced');
    // It is nobody else's turn, so a holder that still has it was abandoned and is not waited for.
    if ('inUse' in state && state.inUse) this.#entries.abandon(known);
    else {
      await unloaded;
      this.#entries.remove(known);
    }
    return this.#add(request);
  }

  #add(request: LoadRequest<Model>): Entry<Model> {
    const entry = createEntry(request, this.#options, (to, because) => this.#onStateChange(entry, to, because));
    this.#entries.add(entry);
    return entry;
  }

  async #take(entry: Entry<Model>, signal: AbortSignal): Promise<Model> {
    const { request, lane } = entry;
    entry.useCount += 1;
    markUsed(entry, this.#options.clock);
    try {
      if (isOut(lane.state) && request.gb > 0) {
        entry.beforeLoad = await this.#memory.evictFor(request, signal);
      }
      return await lane.take(signal);
    } catch (thrown) {
      if (lane.state.at === 'unloaded') this.#entries.remove(entry);
      throw thrown;
    }
  }

  async #release(entry: Entry<Model>, isHealthy: boolean): Promise<void> {
    markUsed(entry, this.#options.clock);
    await entry.lane.release(isHealthy);
    if (isIdle(entry.lane.state)) void this.#memory.measure(entry);
  }

  #onStateChange(entry: Entry<Model>, to: ModelState['at'], because: UnloadReason | undefined): void {
    const { clock, onChange } = this.#options;
    entry.since = clock.now();
    if (to === 'loaded' || to === 'unloaded') this.#memory.countChange(entry);
    if (to === 'unloading' && because !== undefined) logUnloaded(entry, because, this.#options);
    if (to === 'unloaded') this.#entries.remove(entry);
    if (to === 'failed') this.#entries.keepFailed(entry);
    if (to === 'loaded' || to === 'unloaded') onChange();
    this.#memory.watch();
  }
}

const queueOf = ({ engine, model, device }: Pick<LoadRequest<LoadedWeights>, 'engine' | 'model' | 'device'>): string =>
  [engine, model, ...(device === undefined ? [] : [gpuId(device)])].join(' ');
