import { WorkerError } from '../base/errors.ts';
import { formatDuration } from '../base/units.ts';
import type { Slot } from '../jobs/slot.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock } from '../system/clock.ts';
import { type StopEffect, type StopEvent, type StopState, stopStep } from './stop-machine.ts';

export interface StoppingDeps {
  readonly slot: Slot;
  readonly clock: Clock;
  readonly log: Logger;
  /** Milliseconds a running job may still take after the first signal. */
  readonly graceMs: () => number;
  /** Called once, when no new work is taken any more. */
  readonly onStopping: () => void;
  /** Called when the job is not waited for any more. One that is done and on its way must stop travelling, too. */
  readonly onHandingBack: () => void;
  /** Ends everything that lives while the worker runs; resolves when it is done. */
  readonly leave: () => Promise<void>;
}

/** The driver of the stop machine. */
export interface Stopping {
  /** Whether offers are refused because the worker is on its way out. */
  readonly underway: boolean;
  /** One more request to stop: finish the job, hand it back, or go at once. */
  signal(): void;
  /** Stops by itself, as the first signal would, and ends with this exit code. */
  endWith(code: number): void;
  /** Settles with the exit code. Never rejects. */
  readonly ended: Promise<number>;
}

/** A worker that works until it is told otherwise. Performs what the stop machine says. */
export function createStopping(deps: StoppingDeps): Stopping {
  const { slot, clock, log } = deps;
  const { promise: ended, resolve: exit } = Promise.withResolvers<number>();
  let state: StopState = { at: 'working' };
  let exitCode = 0;
  let disarmGrace = (): void => {};

  function dispatch(event: StopEvent): void {
    const before = state.at;
    const next = stopStep(state, event);
    state = next.state;
    next.effects.forEach(perform);
    if (before === 'working' && state.at === 'finishing') beginFinishing();
  }

  function beginFinishing(): void {
    const jobId = slot.held?.jobId;
    const grace = formatDuration(deps.graceMs());
    const next = 'a second signal hands the job back to the studio';
    log.info('stop.requested', jobId === undefined ? {} : { jobId, grace, next });
    deps.onStopping();
    slot.whenFree(() => dispatch({ type: 'idle' }));
  }

  function perform(effect: StopEffect): void {
    switch (effect.do) {
      case 'arm-grace':
        disarmGrace = clock.after(deps.graceMs(), () => dispatch({ type: 'grace-over' }));
        return;
      case 'disarm-grace':
        return disarmGrace();
      case 'cancel-job':
        log.warn('job.handed-back', { jobId: slot.held?.jobId, next: 'a third signal exits at once' });
        slot.cancel(new WorkerError('job.cancelled', 'the worker was stopped before the job was done'));
        return deps.onHandingBack();
      case 'leave':
        void deps.leave().finally(() => dispatch({ type: 'left' }));
        return;
      case 'exit':
        log.info('worker.stopped');
        return exit(effect.code === 0 ? exitCode : effect.code);
      default:
        return effect satisfies never;
    }
  }

  return {
    get underway() {
      return state.at !== 'working';
    },
    signal: () => dispatch({ type: 'signal' }),
    endWith(code) {
      exitCode = code;
      if (state.at === 'working') dispatch({ type: 'signal' });
    },
    ended,
  };
}
