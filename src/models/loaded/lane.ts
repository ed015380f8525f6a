import { errorChain, WorkerError } from '../../base/errors.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import { KeepTimer } from './keep-timer.ts';
import { isOut, type ModelEffect, type ModelEvent, type ModelState, step, type UnloadReason } from './lifecycle.ts';

/*
 * The way to one loaded model, for one holder at a time: who comes next waits in the pool. It drives the lifecycle of the
 * model: performs the machine's effects, feeds back what happens, and ignores any process but the one that holds the
 * weights now.
 */

/** Something in memory, as far as its lane cares. Disposing frees it. */
export interface LoadedWeights extends AsyncDisposable {
  /** The process that holds the weights between two uses; undefined when none does. */
  readonly process: { readonly pid: number; readonly ended: Promise<unknown> } | undefined;
}

/** What a lane works with. */
export interface LaneOptions<Model extends LoadedWeights> {
  /** Rejects once the signal aborts, when nothing of it is left in memory. */
  readonly load: (signal: AbortSignal) => Promise<Model>;
  /** How long an idle model stays, in milliseconds; 0 frees it as soon as it is idle. */
  readonly keepMs: () => number;
  readonly clock: Pick<Clock, 'after' | 'now' | 'elapsed'>;
  readonly log: Logger;
  /** Called on each change of state, before its effects are performed. */
  readonly onStateChange: (to: ModelState['at'], because: UnloadReason | undefined) => void;
}

/** The way to one model, which is loaded when it is taken. */
export interface Lane<Model extends LoadedWeights> {
  readonly state: ModelState;
  /** What is in memory; undefined while nothing is. */
  readonly model: Model | undefined;
  /** When it is unloaded if nobody uses it, in milliseconds since the epoch. */
  readonly unloadsAt: number | undefined;
  /**
   * The model, loaded if it is not. On abort a load under way is abandoned.
   *
   * @throws WorkerError what loading throws | `internal` while another holder has it; or the signal's reason
   */
  take(signal: AbortSignal): Promise<Model>;
  /** Gives the model back. Settles at once if it stays, and otherwise when it is freed. */
  release(isHealthy: boolean): Promise<void>;
  /** Loads it ahead of any holder. Rejects like `take`. */
  preload(): Promise<void>;
  /** Unloads it as soon as nobody uses it. Settles when it is out of memory. Never rejects. */
  unload(because: UnloadReason): Promise<void>;
  /** To be called when `keepMs` returns another value than before. */
  keepMsChanged(): void;
}

/** A lane to a model that is not in memory. */
export function createLane<Model extends LoadedWeights>(options: LaneOptions<Model>): Lane<Model> {
  return new DrivenLane(options);
}

class DrivenLane<Model extends LoadedWeights> implements Lane<Model> {
  readonly #options: LaneOptions<Model>;
  readonly #keepTimer: KeepTimer;
  #state: ModelState = { at: 'unloaded' };
  #model: Model | undefined;
  #attempt: PromiseWithResolvers<Model> | undefined;
  #abort = new AbortController();
  #waitingForUnload: (() => void)[] = [];

  constructor(options: LaneOptions<Model>) {
    this.#options = options;
    this.#keepTimer = new KeepTimer(options.clock, () => this.#dispatch({ type: 'elapsed' }));
  }

  get state(): ModelState {
    return this.#state;
  }

  get model(): Model | undefined {
    return this.#model;
  }

  get unloadsAt(): number | undefined {
    return this.#keepTimer.firesAt;
  }

  async take(signal: AbortSignal): Promise<Model> {
    signal.throwIfAborted();
    this.#dispatch({ type: 'take' });
    if (this.#model !== undefined) return this.#model;
    const abandon = (): void => void this.unload('cancelled');
    signal.addEventListener('abort', abandon, { once: true });
    try {
      return await this.#loading();
    } catch (thrown) {
      signal.throwIfAborted();
      throw thrown;
    } finally {
      signal.removeEventListener('abort', abandon);
    }
  }

  async release(isHealthy: boolean): Promise<void> {
    if (!isHealthy) this.#dispatch({ type: 'unload', because: 'broken' });
    this.#keepTimer.startIdle();
    this.#dispatch({ type: 'release', keepMs: this.#keepMs() });
    if (this.#state.at === 'unloading') await this.#unloaded();
  }

  async preload(): Promise<void> {
    this.#dispatch({ type: 'preload' });
    await this.#loading();
  }

  async unload(because: UnloadReason): Promise<void> {
    this.#dispatch({ type: 'unload', because });
    await this.#unloaded();
  }

  keepMsChanged(): void {
    if (this.unloadsAt === undefined) return;
    this.#dispatch({ type: 'keep', keepMs: this.#keepTimer.leftMs(this.#keepMs()) });
  }

  /** What no process holds is not kept: it would save nothing. */
  #keepMs(): number {
    return this.#model?.process === undefined ? 0 : this.#options.keepMs();
  }

  #loading(): Promise<Model> {
    if (this.#model !== undefined) return Promise.resolve(this.#model);
    return this.#attempt?.promise ?? Promise.reject(new WorkerError('internal', 'a lane has nothing to wait for'));
  }

  /** Settles when nothing is in memory. */
  #unloaded(): Promise<void> {
    return isOut(this.#state) ? Promise.resolve() : new Promise((resolve) => void this.#waitingForUnload.push(resolve));
  }

  #dispatch(event: ModelEvent): void {
    const before = this.#state.at;
    const { state, effects } = step(this.#state, event);
    this.#state = state;
    const freeing = effects.find((effect) => effect.do === 'free');
    if (before !== state.at) this.#options.onStateChange(state.at, freeing?.because);
    for (const effect of effects) this.#perform(effect);
    if (isOut(this.#state)) for (const resolve of this.#waitingForUnload.splice(0)) resolve();
  }

  #perform(effect: ModelEffect): void {
    switch (effect.do) {
      case 'load':
        this.#attempt = Promise.withResolvers<Model>();
        this.#attempt.promise.catch(() => {}); // nobody may be waiting for a preload
        this.#abort = new AbortController();
        return void this.#load(this.#attempt, this.#abort.signal);
      case 'abort-load':
        return this.#abort.abort(new WorkerError('job.cancelled', 'the model is no longer needed'));
      case 'free':
        return void this.#free();
      case 'arm':
        return this.#keepTimer.arm(effect.ms);
      case 'disarm':
        return this.#keepTimer.disarm();
      case 'fail':
        throw new WorkerError('internal', effect.because);
      default:
        return effect satisfies never;
    }
  }

  async #load(attempt: PromiseWithResolvers<Model>, signal: AbortSignal): Promise<void> {
    let model: Model;
    try {
      model = await this.#options.load(signal);
    } catch (thrown) {
      this.#dispatch({ type: 'load-failed' });
      return attempt.reject(thrown);
    }
    this.#model = model;
    void model.process?.ended.then(() => {
      if (this.#model === model) this.#dispatch({ type: 'lost' });
    });
    this.#keepTimer.startIdle();
    this.#dispatch({ type: 'loaded', keepMs: this.#keepMs() });
    if (this.#state.at === 'loaded') return attempt.resolve(model);
    attempt.reject(signal.aborted ? signal.reason : new WorkerError('job.cancelled', 'the model is no longer needed'));
  }

  async #free(): Promise<void> {
    const model = this.#model;
    this.#model = undefined;
    this.#keepTimer.disarm();
    try {
      await model?.[Symbol.asyncDispose]();
    } catch (thrown) {
      this.#options.log.warn('model.not-freed', { error: errorChain(thrown) });
    }
    this.#dispatch({ type: 'freed' });
  }
}
