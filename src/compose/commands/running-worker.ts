import { toWorkerError, WorkerError } from '../../base/errors.ts';
import type { Siblings } from '../../config/paths.ts';
import { lockHolder } from '../../system/disk/lock.ts';
import { askWorker, type WorkerClientOptions } from '../../system/net/worker-client.ts';
import type { Effects } from '../effects.ts';

/**
 * Asks the worker that runs with a config. A worker without an API, because it has just begun, is about to end, or could
 * not listen, is none that does not run: it holds the lock.
 *
 * @throws WorkerError as `askWorker`
 */
export async function* askRunningWorker(
  paths: Pick<Siblings, 'localApi' | 'lock'>,
  { request, ...options }: WorkerClientOptions & { readonly request: unknown },
  { environment }: Pick<Effects, 'environment'>,
): AsyncGenerator {
  try {
    yield* askWorker(paths.localApi, request, options);
  } catch (thrown) {
    const holder =
      toWorkerError(thrown).code === 'worker.not-running' ? await lockHolder(paths.lock, environment) : undefined;
    if (holder === undefined) throw thrown;
    throw new WorkerError('worker.unresponsive', `the running worker (pid ${holder}) does not serve its local API`, {
      hint: 'Try again in a moment; if it stays like this, its log says why.',
    });
  }
}
