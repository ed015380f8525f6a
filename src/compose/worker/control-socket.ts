import { errorChain } from '../../base/errors.ts';
import type { Log } from '../../log/open-log.ts';
import { controlAddress, serveControl } from '../../system/net/control.ts';
import type { WorkerControl } from '../../worker/control/control.ts';
import { repliesTo } from '../../worker/control/replies.ts';
import { siblingsOf } from '../../config/paths.ts';
import type { Effects } from '../effects.ts';

/** Where commands look for the worker, and who hears that they will not find it. */
export interface ControlSocketOptions {
  /** Commands that use this config file find the socket by it. */
  readonly configPath: string;
  readonly effects: Pick<Effects, 'environment'>;
  readonly log: Log;
}

/** The way in for commands on this machine, until disposed. Serving jobs does not depend on it: a failure is logged. */
export async function serveSocket(control: WorkerControl, options: ControlSocketOptions): Promise<AsyncDisposable> {
  const { configPath, effects, log } = options;
  const address = controlAddress(siblingsOf(configPath).controlSocket, effects.environment);
  try {
    return await serveControl(address, (request, signal) => repliesTo(control, request, signal));
  } catch (thrown) {
    log.logger.warn('control.unavailable', { error: errorChain(thrown) });
    return { [Symbol.asyncDispose]: () => Promise.resolve() };
  }
}
