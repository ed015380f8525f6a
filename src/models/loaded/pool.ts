import { pause } from '../../base/pause.ts';
import type { ModelId } from '../../base/ids.ts';
import { GIB, SECOND_MS } from '../../base/units.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { LoadedShare } from '../memory/fit.ts';
import { createLane, type Loaded } from './lane.ts';
import type { ModelState, UnloadReason } from './lifecycle.ts';
import { type Evictable, evictUntilFits, type MemoryProbe, evictUnderPressure } from '../memory/evict.ts';
import type { Resident } from './residency.ts';
import { grownGb, type MemoryKind } from '../memory/gpu-memory.ts';
import { conditionAfter } from './health.ts';
import { logUnloaded } from './log-unload.ts';
import { type Entry, isIdle, residentOf, shareOf, viewOf, type LoadRequest, type PooledModel } from './entry.ts';

/*
 * The models in memory. One that was used stays for a while, so that the next job on it pays no load; the least recently
 * used goes first when another must fit or the machine needs its memory. One lane for each engine and model: files or
 * settings that changed make it another model, and the old one goes. It is long because all that happens to a model
 * between two jobs is here, in one place.
 */

export interface ModelPool<Model extends Loaded> {
  /**
   * Gives `use` the model and hands on what comes of it. A failure that may be the model's own fault frees it.
   *
   * @throws WorkerError what loading and `use` throw; or the signal's reason
   */
  withModel<T>(wanted: LoadRequest<Model>, signal: AbortSignal, use: (model: Model) => Promise<T>): Promise<T>;
  /** Loads a model for whoever comes, if there is room without unloading others. False when there is none. */
  preload(wanted: LoadRequest<Model>, lastUsedAt: number, signal: AbortSignal): Promise<boolean>;
  /** Gives up what is being loaded for whoever comes, but for this model. */
  cancelPreloads(model: ModelId): void;
  list(): readonly PooledModel[];
  /** What should be in memory again after a restart. */
  residents(): readonly Resident[];
  shares(kind: MemoryKind): readonly LoadedShare[];
  /** Unloads what is idle now, and what is in use once it is not. Settles when all of it is out of memory. */
  unloadAll(because: UnloadReason): Promise<void>;
  /** The time that idle models stay is another now. */
  keepMsChanged(): void;
  /** Frees everything, used or not, so that nothing of it outlives the worker. Settles soon in any case. */
  close(): Promise<void>;
}

export interface ModelPoolOptions {
  /** How long an idle model stays, in milliseconds; 0 frees each with its job. */
  readonly keepMs: () => number;
  readonly probe: MemoryProbe;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called when a model was loaded, used or unloaded. */
  readonly onChange: () => void;
}

/** Somebody else's needs are looked at this often while idle models take memory. */
const PRESSURE_EVERY_MS = 30 * SECOND_MS;
/** A child is killed within half a second; what runs in this process may not even notice. */
const CLOSES_WITHIN_MS = SECOND_MS;
/** Nothing is in memory yet. */
export function createModelPool<Model extends Loaded>(options: ModelPoolOptions): ModelPool<Model> {
  return new DrivenPool(options);
}

class DrivenPool<Model extends Loaded> implements ModelPool<Model> {
  readonly #options: ModelPoolOptions;
  readonly #entries = new Set<Entry<Model>>();
  /** Another came in the place of these while somebody who was given up still had them. */
  readonly #givenUp = new Set<Entry<Model>>();
  readonly #holders: Evictable = {
    shares: (kind) => this.shares(kind),
    unload: (model, because) => this.#unloadIdle(model, because),
  };
  #stopWatching: (() => void) | undefined;
  /** How often a model came into memory or left it. */
  #moves = 0;

  constructor(options: ModelPoolOptions) {
    this.#options = options;
  }

  async withModel<T>(wanted: LoadRequest<Model>, signal: AbortSignal, use: (model: Model) => Promise<T>): Promise<T> {
    this.cancelPreloads(wanted.model);
    const entry = this.#usable(wanted) ?? (await this.#fresh(wanted));
    const model = await this.#take(entry, signal);
    let isSound = false;
    try {
      const result = await use(model);
      isSound = true;
      entry.isDoubtful = false;
      return result;
    } catch (thrown) {
      const condition = conditionAfter(thrown, signal);
      isSound = condition === 'sound' || (condition === 'doubtful' && !entry.isDoubtful);
      entry.isDoubtful = condition === 'doubtful';
      throw thrown;
    } finally {
      await this.#giveBack(entry, isSound);
    }
  }

  async preload(wanted: LoadRequest<Model>, lastUsedAt: number, signal: AbortSignal): Promise<boolean> {
    const report = await this.#options.probe.refresh();
    signal.throwIfAborted(); // a job came meanwhile
    const { is } = wanted.fits(report, this.shares(wanted.kind));
    if (is !== 'fits' && is !== 'unknown') return false;
    if (this.#find(wanted) !== undefined) return true;
    const entry = this.#add(wanted);
    entry.before = report;
    entry.lastUsedAt = lastUsedAt;
    await entry.lane.preload();
    await this.#settle(entry);
    return true;
  }

  cancelPreloads(model: ModelId): void {
    for (const { wanted, lane } of this.#entries) {
      const { state } = lane;
      if (state.at === 'loading' && !state.inUse && wanted.model !== model) void lane.unload('cancelled');
    }
  }

  list(): readonly PooledModel[] {
    return [...this.#entries].flatMap((entry) => viewOf(entry) ?? []);
  }

  residents(): readonly Resident[] {
    return [...this.#entries].flatMap((entry) => residentOf(entry) ?? []);
  }

  shares(kind: MemoryKind): readonly LoadedShare[] {
    return [...this.#entries].filter(({ wanted }) => wanted.kind === kind).flatMap((entry) => shareOf(entry) ?? []);
  }

  async unloadAll(because: UnloadReason): Promise<void> {
    await Promise.all([...this.#entries].map(({ lane }) => lane.unload(because)));
  }

  keepMsChanged(): void {
    for (const { lane } of this.#entries) lane.keepMsChanged();
  }

  async close(): Promise<void> {
    const patience = new AbortController();
    const gone = [...this.#entries, ...this.#givenUp].map(async ({ lane }) => {
      const isOut = lane.unload('stopping');
      // Whoever uses it is not waited for: what it runs on is taken away.
      if (!isIdle(lane)) await lane.model?.[Symbol.asyncDispose]();
      await isOut;
    });
    await Promise.race([Promise.all(gone), pause(this.#options.clock, CLOSES_WITHIN_MS, patience.signal)]);
    patience.abort();
  }

  #find({ engine, model }: Pick<LoadRequest<Model>, 'engine' | 'model'>): Entry<Model> | undefined {
    return [...this.#entries].find(({ wanted }) => wanted.engine === engine && wanted.model === model);
  }

  /** The lane to this model, if it is in memory or on its way. Whoever takes it at once has it before it can leave. */
  #usable(wanted: LoadRequest<Model>): Entry<Model> | undefined {
    const known = this.#find(wanted);
    if (known?.wanted.key !== wanted.key) return undefined;
    const { state } = known.lane;
    const isComing = state.at === 'loading' && !state.inUse && state.leaving === undefined;
    return isComing || isIdle(known.lane) ? known : undefined;
  }

  /** A lane to a model that is not in memory. What is known by its name goes first. */
  async #fresh(wanted: LoadRequest<Model>): Promise<Entry<Model>> {
    const known = this.#find(wanted);
    if (known === undefined) return this.#add(wanted);
    const { state } = known.lane;
    const gone = known.lane.unload('replaced');
    // Jobs run one at a time, so whoever still has it was given up. It goes when that one is done, if ever.
    if ('inUse' in state && state.inUse) this.#givenUp.add(known);
    else await gone;
    this.#entries.delete(known);
    return this.#add(wanted);
  }

  #add(wanted: LoadRequest<Model>): Entry<Model> {
    const { clock, keepMs, log } = this.#options;
    const now = clock.now();
    const lane = createLane<Model>({
      load: async (signal) => await this.#load(entry, signal),
      keepMs,
      clock,
      log,
      onMoved: (to, because) => this.#onMoved(entry, to, because),
    });
    const entry: Entry<Model> = {
      wanted,
      lane,
      since: now,
      lastUsedAt: now,
      gb: wanted.gb,
      uses: 0,
      before: undefined,
      moves: 0,
      isDoubtful: false,
    };
    this.#entries.add(entry);
    return entry;
  }

  async #take(entry: Entry<Model>, signal: AbortSignal): Promise<Model> {
    entry.uses += 1;
    entry.lastUsedAt = this.#options.clock.now();
    try {
      const isOut = entry.lane.state.at === 'unloaded' || entry.lane.state.at === 'failed';
      if (isOut && entry.wanted.gb > 0) {
        entry.before = await evictUntilFits(entry.wanted, this.#holders, this.#options, signal);
      }
      return await entry.lane.take(signal);
    } catch (thrown) {
      if (entry.lane.state.at === 'unloaded') this.#entries.delete(entry);
      throw thrown;
    }
  }

  async #load({ wanted }: Entry<Model>, signal: AbortSignal): Promise<Model> {
    const { clock, log } = this.#options;
    const since = clock.elapsed();
    const model = await wanted.load(signal);
    const { engine, model: name } = wanted;
    const pid = model.process?.pid;
    const ms = Math.round(clock.elapsed() - since);
    if (pid !== undefined) log.info('model.loaded', { engine, model: name, pid, ms });
    return model;
  }

  async #giveBack(entry: Entry<Model>, isSound: boolean): Promise<void> {
    entry.lastUsedAt = this.#options.clock.now();
    await entry.lane.release(isSound);
    if (isIdle(entry.lane)) void this.#settle(entry);
  }

  /** Once nobody waits any more: what it takes, word to whoever remembers, and whether there is memory for it. */
  async #settle(entry: Entry<Model>): Promise<void> {
    this.#watchPressure();
    const { probe, onChange } = this.#options;
    const { uses, lane, before, wanted } = entry;
    const pid = lane.model?.process?.pid;
    const bytes = pid === undefined || wanted.kind === 'gpu' ? undefined : await probe.sizeOf(pid);
    if (bytes !== undefined) entry.gb = bytes / GIB;
    onChange();
    if (uses > 1) return; // a driver is not asked after each job: what it says is looked at soon enough
    const report = await probe.refresh();
    // What the driver has in use more than before is this model's, as long as nothing else happened meanwhile.
    const isAlone = entry.uses === uses && isIdle(lane) && entry.moves === this.#moves;
    if (wanted.kind === 'gpu' && isAlone && before !== undefined) {
      entry.gb = Math.max(0, grownGb(before, report) ?? entry.gb);
      onChange();
    }
    await evictUnderPressure(report, this.#holders, this.#options);
  }

  async #unloadIdle(model: ModelId, because: UnloadReason): Promise<void> {
    const idle = [...this.#entries].filter(({ wanted, lane }) => wanted.model === model && isIdle(lane));
    await Promise.all(idle.map(({ lane }) => lane.unload(because)));
  }

  async #relieve(): Promise<void> {
    await evictUnderPressure(await this.#options.probe.refresh(), this.#holders, this.#options);
  }

  #onMoved(entry: Entry<Model>, to: ModelState['at'], because: UnloadReason | undefined): void {
    const { clock, onChange } = this.#options;
    entry.since = clock.now();
    if (to === 'loaded' || to === 'unloaded') entry.moves = this.#moves += 1;
    if (to === 'unloading' && because !== undefined) logUnloaded(entry, because, this.#options);
    if (to === 'unloaded') this.#entries.delete(entry);
    if (to === 'unloaded' || to === 'failed') this.#givenUp.delete(entry);
    if (to === 'failed') this.#forgetFailures(entry);
    if (to === 'loaded' || to === 'unloaded') onChange();
    this.#watchPressure();
  }

  /** The newest failure is news; the ones before it were told. */
  #forgetFailures(newest: Entry<Model>): void {
    for (const entry of this.#entries) {
      if (entry !== newest && entry.lane.state.at === 'failed') this.#entries.delete(entry);
    }
  }

  /** As long as something idle takes memory, and no longer: a worker without models has no timer. */
  #watchPressure(): void {
    const hasIdle = [...this.#entries].some(({ lane }) => isIdle(lane));
    if (!hasIdle) {
      this.#stopWatching?.();
      this.#stopWatching = undefined;
    } else if (this.#stopWatching === undefined) {
      this.#stopWatching = this.#options.clock.after(PRESSURE_EVERY_MS, () => {
        this.#stopWatching = undefined;
        this.#watchPressure();
        void this.#relieve();
      });
    }
  }
}
