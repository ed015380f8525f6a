import { errorChain } from '../../base/errors.ts';
import type { Event } from './machine.ts';
import type { Trial } from './trial.ts';
import type { UpdateHost, UpdaterDeps } from './updater.ts';

/**
 * The way of a version from its start as a child to this process's own, or back. The old worker keeps its session until
 * the new version waits for it, so that one that does not even start costs none.
 */
export class Takeover {
  readonly #deps: Pick<UpdaterDeps, 'startTrial' | 'restart' | 'log'>;
  readonly #on: (event: Event) => void;
  #trial: Trial | undefined;
  #needsSession = false;
  /** Settles when the old worker is to serve again; there from the moment on that it was told to end. */
  #handedOver: PromiseWithResolvers<void> | undefined;

  constructor(deps: Pick<UpdaterDeps, 'startTrial' | 'restart' | 'log'>, on: (event: Event) => void) {
    this.#deps = deps;
    this.#on = on;
  }

  get isHandedOver(): boolean {
    return this.#handedOver !== undefined;
  }

  /** Starts the program, if it is to be tried, and tells the old worker to end once it is ready. */
  async begin(program: string | undefined, host: UpdateHost, signal: AbortSignal): Promise<void> {
    if (program !== undefined) {
      this.#trial = this.#deps.startTrial(program);
      if (!(await this.#survives(this.#trial.ready, signal))) return;
    }
    this.#needsSession = host.hasSession();
    this.#handedOver = Promise.withResolvers();
    host.handOver();
  }

  /** Nothing of the old worker is left. Settles when it is to serve again. */
  async run(signal: AbortSignal): Promise<void> {
    const handedOver = this.#handedOver;
    const serving = this.#trial?.serve(this.#needsSession) ?? Promise.resolve();
    if (await this.#survives(serving, signal)) this.#on({ type: 'passed' });
    await handedOver?.promise;
    this.#handedOver = undefined;
  }

  /** What the new version wrote to its log; undefined when there is none. */
  output(): string | undefined {
    return this.#trial?.output();
  }

  /** Goes on as the new version, once the child has let go of everything. */
  async restart(): Promise<void> {
    await this.#leave();
    await this.#deps.restart();
    this.#handedOver?.resolve();
  }

  /** The old worker serves again, once the child has let go of everything. */
  async resume(): Promise<void> {
    await this.#leave();
    this.#handedOver?.resolve();
  }

  async #leave(): Promise<void> {
    const trial = this.#trial;
    this.#trial = undefined;
    await trial?.end();
  }

  /** False when it died, of which the state machine has been told, or when the takeover was abandoned. */
  async #survives(step: Promise<void>, signal: AbortSignal): Promise<boolean> {
    try {
      await step;
      return !signal.aborted;
    } catch (thrown) {
      if (signal.aborted) return false;
      const because = errorChain(thrown);
      this.#deps.log.error('update.failed', { error: because });
      this.#on({ type: 'died', because });
      return false;
    }
  }
}
