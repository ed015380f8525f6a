import { toWorkerError } from '../../base/errors.ts';
import type { Logger } from '../../log/logger.ts';
import type { Updater } from '../../release/update/updater.ts';
import type { StopRequests } from './stop-requests.ts';

/** Set by a worker that is to be followed by another one, so that every setting counts. */
export interface Restart {
  isAsked: boolean;
}

/** One process, in which workers and new versions take turns. */
export interface TurnsParts {
  /** The life of one worker; gives the exit code. */
  readonly serve: (restart: Restart) => Promise<number>;
  /** Works under the lock of the config, which no other process gets meanwhile. */
  readonly underLock: (work: () => Promise<number>) => Promise<number>;
  readonly updater: Pick<Updater, 'takesOver' | 'takeOver' | 'stop'>;
  /** The start of this process was no death. */
  readonly survived: () => Promise<void>;
  readonly stops: Pick<StopRequests, 'count' | 'passTo'>;
  /** Begins to report that the process moves to another version, until it is disposed of. */
  readonly reportTakeover: () => Disposable;
  readonly log: Pick<Logger, 'info'>;
}

/**
 * Serves, lets a new version take over where there is one, and serves again when that one does not. Gives the exit code
 * of the last worker.
 */
export async function serveInTurn(parts: TurnsParts): Promise<number> {
  const { underLock, updater, survived, stops, reportTakeover } = parts;
  try {
    for (;;) {
      const code = await underLock(() => serveAnew(parts));
      await survived();
      if (!updater.takesOver) return code;
      stops.passTo(() => updater.stop());
      using _report = reportTakeover();
      await updater.takeOver(); // goes on as the new version, or comes back
      if (stops.count > 0) return code;
    }
  } catch (thrown) {
    // Whatever has a name and a remedy is no death: another version would not help.
    if (toWorkerError(thrown).code !== 'internal') await survived();
    throw thrown;
  }
}

/** Again for as long as an operator asks for it. Whoever stops the process ends this, too. */
async function serveAnew({ serve, stops, log }: TurnsParts): Promise<number> {
  for (;;) {
    const restart: Restart = { isAsked: false };
    const code = await serve(restart);
    if (!restart.isAsked || stops.count > 0) return code;
    log.info('worker.restarting');
  }
}
