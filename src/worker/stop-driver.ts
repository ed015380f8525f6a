import { WorkerError } from '../base/errors.ts';
import { formatDuration } from '../base/units.ts';
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
  /** The parts need to know whether the worker is stopping, so they come after it; before the first signal, though. */
  connect(parts: StopParts): void;
  /** Settles with the exit code. Never rejects. */
  readonly ended: Promise<number>;
}

/** Performs the effects of the stop machine. At first the worker works. */
export function createStopping(deps: StoppingDeps): Stopping {
  const { scheduler, clock, log } = deps;
  let parts: StopParts = { onStopping: () => {}, onHandingBack: () => {}, leave: () => Promise.resolve() };
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
    const jobId = jobsHeld();
    const grace = formatDuration(deps.graceMs());
    const next = 'a second signal hands the job back to the studio';
    log.info('stop.requested', jobId === undefined ? {} : { jobId, grace, next });
    parts.onStopping();
    scheduler.whenIdle(() => dispatch({ type: 'idle' }));
  }

  function perform(effect: StopEffect): void {
    switch (effect.do) {
      case 'arm-grace':
        disarmGrace = clock.after(deps.graceMs(), () => dispatch({ type: 'grace-over' }));
        return;
      case 'disarm-grace':
        return disarmGrace();
      case 'cancel-job':
        log.warn('job.handed-back', { jobId: jobsHeld(), next: 'a third signal exits at once' });
        for (const { purpose } of scheduler.held) scheduler.cancel(purpose, handedBack());
        return parts.onHandingBack();
      case 'leave':
        void parts.leave().finally(() => dispatch({ type: 'left' }));
        return;
      case 'exit':
        log.info('worker.stopped');
        return exit(effect.code === 0 ? exitCode : effect.code);
      default:
        return effect satisfies never;
    }
  }

  /** One name as a rule; undefined when nothing runs. */
  const jobsHeld = (): string | undefined => scheduler.held.map(({ purpose }) => purpose).join(', ') || undefined;

  return {
    connect: (its) => void (parts = its),
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

const handedBack = (): WorkerError =>
  new WorkerError('job.cancelled', 'the worker was stopped before the job was done');
