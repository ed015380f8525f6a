import { unlessAborted } from '../../base/abort.ts';
import { WorkerError } from '../../base/errors.ts';
import type { FileProgress } from './options.ts';

type ProgressListener = (progress: FileProgress) => void;

interface Flight {
  readonly work: Promise<string>;
  readonly abort: AbortController;
  readonly listeners: Set<ProgressListener>;
}

/** One download for all callers that want the same file. */
export class SingleFlight {
  readonly #flights = new Map<string, Flight>();

  /**
   * Joins the flight to this path, or starts it. It continues as long as anybody waits for it: a caller that aborts
   * leaves it to the others, and the last one to leave aborts it.
   */
  async join(
    path: string,
    start: (signal: AbortSignal, report: ProgressListener) => Promise<string>,
    caller: { readonly signal: AbortSignal; readonly report: ProgressListener },
  ): Promise<string> {
    const flight = this.#flights.get(path) ?? this.#start(path, start);
    flight.listeners.add(caller.report);
    try {
      return await unlessAborted(flight.work, caller.signal);
    } finally {
      flight.listeners.delete(caller.report);
      if (flight.listeners.size === 0) {
        flight.abort.abort(new WorkerError('job.cancelled', 'nobody waits for this download any more'));
        // The next caller restarts, and waits for the lock that this flight still holds for a moment.
        if (this.#flights.get(path) === flight) this.#flights.delete(path);
      }
    }
  }

  #start(path: string, start: (signal: AbortSignal, report: ProgressListener) => Promise<string>): Flight {
    const abort = new AbortController();
    const listeners = new Set<ProgressListener>();
    const report: ProgressListener = (progress) => {
      for (const listener of listeners) listener(progress);
    };
    const work = start(abort.signal, report);
    const flight: Flight = { work, abort, listeners };
    work.catch(() => {}); // each caller gets the failure by itself
    this.#flights.set(path, flight);
    return flight;
  }
}
