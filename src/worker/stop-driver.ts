import { errorChain, WorkerError } from '../base/errors.ts';
import type { Scheduler } from '../jobs/scheduler.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock } from '../system/clock.ts';
import { type StopEffect, type StopEvent, type StopState, stopStep } from './stop-machine.ts';

export interface StoppingDeps {
  readonly scheduler: Pick<Scheduler, 'held' | 'cancel' | 'whenIdle'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Milliseconds a running job may still take after the first signal. */
  readonly graceMs: () => number;
}

/** What stopping does to the parts of the worker, in the order in which they are called. */
export interface StopParts {
  /** Called once, when no new work is accepted. */
  readonly onStopping: () => void;
  /** Called when the wait for running jobs is over. A delivery in progress must stop, too. */
  readonly onHandingBack: () => void;
  /** Ends everything that lives while the worker runs; resolves when it is done. What it rejects with is logged. */
  readonly leave: () => Promise<void>;
}

/** The driver of the stop machine. */
export interface Stopping {
  /** Whether offers are rejected because the worker stops. */
  readonly underway: boolean;
  /** One more request to stop: finish the job, hand it back, or go at once. */
  signal(): void;
  /** Stops by itself, as the first signal would, and ends with this exit code. */
  endWith(code: number): void;
  /** The parts need to know whether the worker is stopping, so they come after it; before the first signal, though. */
  connect(parts: StopParts): void;
  /** Settles with the exit code. Never rejects. */
  readonly ended: Promise<number>;
}

/** Performs the effects of the stop machine. At first the worker works. */
export const createStopping = (deps: StoppingDeps): Stopping => new StopDriver(deps);

class StopDriver implements Stopping {
  readonly #deps: StoppingDeps;
  readonly #exit = Promise.withResolvers<number>();
  #parts: StopParts = { onStopping: () => {}, onHandingBack: () => {}, leave: () => Promise.resolve() };
  #state: StopState = { at: 'working' };
  #exitCode = 0;
  #disarmGrace = (): void => {};

  constructor(deps: StoppingDeps) {
    this.#deps = deps;
  }

  get underway(): boolean {
    return this.#state.at !== 'working';
  }

  get ended(): Promise<number> {
    return this.#exit.promise;
  }

  connect(parts: StopParts): void {
    this.#parts = parts;
  }

  signal(): void {
    this.#dispatch({ type: 'signal' });
  }

  endWith(code: number): void {
    this.#exitCode = code;
    if (!this.underway) this.signal();
  }

  #dispatch(event: StopEvent): void {
    const before = this.#state.at;
    const next = stopStep(this.#state, event);
    this.#state = next.state;
    for (const effect of next.effects) this.#perform(effect);
    if (before === 'working' && this.#state.at === 'finishing') this.#beginFinishing();
  }

  #beginFinishing(): void {
    const { scheduler, log, graceMs } = this.#deps;
    const jobIds = this.#jobsHeld();
    log.info('stop.requested', jobIds.length === 0 ? {} : { jobIds, graceMs: graceMs() });
    this.#parts.onStopping();
    scheduler.whenIdle(() => this.#dispatch({ type: 'idle' }));
  }

  #perform(effect: StopEffect): void {
    const { scheduler, clock, log, graceMs } = this.#deps;
    switch (effect.do) {
      case 'arm-grace':
        this.#disarmGrace = clock.after(graceMs(), () => this.#dispatch({ type: 'grace-over' }));
        return;
      case 'disarm-grace':
        return this.#disarmGrace();
      case 'cancel-jobs':
        for (const jobId of this.#jobsHeld()) log.warn('job.handed-back', { jobId });
        for (const { purpose } of scheduler.held) scheduler.cancel(purpose, handedBack());
        return this.#parts.onHandingBack();
      case 'leave':
        void this.#leave();
        return;
      case 'exit':
        log.info('worker.stopped');
        return this.#exit.resolve(effect.code === 0 ? this.#exitCode : effect.code);
      default:
        return effect satisfies never;
    }
  }

  /** A part that does not end cleanly must not keep the process from ending. */
  async #leave(): Promise<void> {
    try {
      await this.#parts.leave();
    } catch (thrown) {
      this.#deps.log.warn('stop.failed', { error: errorChain(thrown) });
    }
    this.#dispatch({ type: 'left' });
  }

  /** Of the jobs that run, the ids. What an update holds is no job. */
  #jobsHeld(): readonly string[] {
    const jobs = this.#deps.scheduler.held.filter(({ origin }) => origin !== 'maintenance');
    return jobs.map(({ purpose }) => purpose);
  }
}

const handedBack = (): WorkerError =>
  new WorkerError('job.cancelled', 'the worker was stopped before the job was done');
