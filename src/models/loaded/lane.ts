import { errorChain, WorkerError } from '../../base/errors.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import { type ModelEffect, type ModelEvent, type ModelState, step, type UnloadReason } from './lifecycle.ts';

/*
 * The way to one loaded model, one user at a time. It drives the model's lifecycle: performs the machine's effects and
 * feeds back what happens, and hears only the process that holds the weights now.
 */

/** Something in memory, as far as its lane cares. Disposing frees it. */
export interface Loaded extends AsyncDisposable {
  /** Who holds it while nobody uses it; undefined when nobody does. */
  readonly process: { readonly pid: number; readonly ended: Promise<unknown> } | undefined;
}

export interface LaneOptions<Model extends Loaded> {
  /** Rejects once the signal aborts, when nothing of it is left in memory. */
  readonly load: (signal: AbortSignal) => Promise<Model>;
  /** How long an idle model stays; 0 not at all. */
  readonly keepMs: () => number;
  readonly clock: Pick<Clock, 'after' | 'now'>;
  readonly log: Logger;
  /** Called when it comes to another state, before anything is done about it. */
  readonly onMoved: (to: ModelState['at'], because: UnloadReason | undefined) => void;
}

export interface Lane<Model extends Loaded> {
  readonly state: ModelState;
  /** What is in memory; undefined while nothing is. */
  readonly model: Model | undefined;
  /** When it goes if nobody uses it, in milliseconds since the epoch. */
  readonly unloadsAt: number | undefined;
  /**
   * The model, loaded if it is not. On abort a load under way is given up.
   *
   * @throws WorkerError what loading throws | `internal` while somebody else has it; or the signal's reason
   */
  take(signal: AbortSignal): Promise<Model>;
  /** Gives the model back. Settles at once if it stays, and otherwise when it is freed. */
  release(isSound: boolean): Promise<void>;
  /** Loads it for whoever comes. Rejects like `take`. */
  preload(): Promise<void>;
  /** Has it out of memory, as soon as nobody uses it. Settles when it is out. Never rejects. */
  unload(because: UnloadReason): Promise<void>;
  /** The time that idle models stay is another now. */
  keepMsChanged(): void;
}

/** A lane to a model that is not in memory. */
export function createLane<Model extends Loaded>(options: LaneOptions<Model>): Lane<Model> {
  return new DrivenLane(options);
}

class DrivenLane<Model extends Loaded> implements Lane<Model> {
  readonly #options: LaneOptions<Model>;
  #state: ModelState = { at: 'unloaded' };
  #model: Model | undefined;
  #attempt: PromiseWithResolvers<Model> | undefined;
  #abort = new AbortController();
  #disarm = (): void => {};
  #unloadsAt: number | undefined;
  #idleSince = 0;
  #waiting: (() => void)[] = [];

  constructor(options: LaneOptions<Model>) {
    this.#options = options;
  }

  get state(): ModelState {
    return this.#state;
  }

  get model(): Model | undefined {
    return this.#model;
  }

  get unloadsAt(): number | undefined {
    return this.#unloadsAt;
  }

  async take(signal: AbortSignal): Promise<Model> {
    signal.throwIfAborted();
    this.#dispatch({ type: 'take' });
    if (this.#model !== undefined) return this.#model;
    const giveUp = (): void => void this.unload('cancelled');
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await this.#loading();
    } catch (thrown) {
      signal.throwIfAborted();
      throw thrown;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  async release(isSound: boolean): Promise<void> {
    if (!isSound) this.#dispatch({ type: 'unload', because: 'broken' });
    this.#idleSince = this.#options.clock.now();
    this.#dispatch({ type: 'release', keepMs: this.#keepMs() });
    if (this.#state.at === 'unloading') await this.#out();
  }

  async preload(): Promise<void> {
    this.#dispatch({ type: 'preload' });
    await this.#loading();
  }

  async unload(because: UnloadReason): Promise<void> {
    this.#dispatch({ type: 'unload', because });
    await this.#out();
  }

  keepMsChanged(): void {
    const keepMs = this.#keepMs();
    if (this.#unloadsAt === undefined) return;
    const leftMs = keepMs === 0 ? 0 : Math.max(1, this.#idleSince + keepMs - this.#options.clock.now());
    this.#dispatch({ type: 'keep', keepMs: leftMs });
  }

  /** What nobody holds is not kept: it would save nothing. */
  #keepMs(): number {
    return this.#model?.process === undefined ? 0 : this.#options.keepMs();
  }

  #loading(): Promise<Model> {
    if (this.#model !== undefined) return Promise.resolve(this.#model);
    return this.#attempt?.promise ?? Promise.reject(new WorkerError('internal', 'a lane has nothing to wait for'));
  }

  /** Settles when nothing is in memory. */
  #out(): Promise<void> {
    return this.#isOut() ? Promise.resolve() : new Promise((resolve) => void this.#waiting.push(resolve));
  }

  #isOut(): boolean {
    return this.#state.at === 'unloaded' || this.#state.at === 'failed';
  }

  #dispatch(event: ModelEvent): void {
    const before = this.#state.at;
    const { state, effects } = step(this.#state, event);
    this.#state = state;
    const freeing = effects.find((effect) => effect.do === 'free');
    if (before !== state.at) this.#options.onMoved(state.at, freeing?.because);
    for (const effect of effects) this.#perform(effect);
    if (this.#isOut()) for (const call of this.#waiting.splice(0)) call();
  }

  #perform(effect: ModelEffect): void {
    switch (effect.do) {
      case 'load':
        this.#attempt = Promise.withResolvers<Model>();
        this.#attempt.promise.catch(() => {}); // nobody may wait for what is loaded for whoever comes
        this.#abort = new AbortController();
        return void this.#load(this.#attempt, this.#abort.signal);
      case 'abort-load':
        return this.#abort.abort(new WorkerError('job.cancelled', 'the model is not wanted any more'));
      case 'free':
        return void this.#free();
      case 'arm':
        return this.#arm(effect.ms);
      case 'disarm':
        this.#unloadsAt = undefined;
        return this.#disarm();
      case 'refuse':
        throw new WorkerError('internal', effect.because);
      default:
        return effect satisfies never;
    }
  }

  #arm(ms: number): void {
    const { clock } = this.#options;
    this.#disarm();
    this.#unloadsAt = clock.now() + ms;
    this.#disarm = clock.after(ms, () => {
      this.#unloadsAt = undefined;
      this.#dispatch({ type: 'elapsed' });
    });
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
    this.#idleSince = this.#options.clock.now();
    this.#dispatch({ type: 'loaded', keepMs: this.#keepMs() });
    if (this.#state.at === 'loaded') return attempt.resolve(model);
    attempt.reject(
      signal.aborted ? signal.reason : new WorkerError('job.cancelled', 'nobody wants the model any more'),
    );
  }

  async #free(): Promise<void> {
    const model = this.#model;
    this.#model = undefined;
    this.#unloadsAt = undefined;
    try {
      await model?.[Symbol.asyncDispose]();
    } catch (thrown) {
      this.#options.log.warn('model.not-freed', { error: errorChain(thrown) });
    }
    this.#dispatch({ type: 'freed' });
  }
}
