import { toWorkerError, WorkerError } from '../../base/errors.ts';
import type { Siblings } from '../../config/paths.ts';
import { lockHolder } from '../../system/disk/lock.ts';
import { type ApiAsk, askApi } from '../../system/net/worker-api.ts';
import { askWorker, type WorkerClientOptions } from '../../system/net/worker-client.ts';
import type { Effects } from '../effects.ts';

type Paths = Pick<Siblings, 'localApi' | 'lock'>;

/**
 * Asks the worker that runs with a config, line by line.
 *
 * @throws WorkerError as `askWorker`
 */
export async function* askRunningWorker(
  paths: Paths,
  { request, ...options }: WorkerClientOptions & { readonly request: unknown },
  effects: Pick<Effects, 'environment'>,
): AsyncGenerator {
  try {
    yield* askWorker(paths.localApi, request, options);
  } catch (thrown) {
    throw await whyNot(thrown, paths, effects);
  }
}

/** Asks the API of the worker that runs with a config. @throws WorkerError as `askApi` */
export async function askRunningApi(
  paths: Paths,
  ask: ApiAsk,
  effects: Pick<Effects, 'environment'>,
): Promise<Response> {
  try {
    return await askApi(paths.localApi, ask);
  } catch (thrown) {
    throw await whyNot(thrown, paths, effects);
  }
}

/**
 * A worker without an API, because it has just begun, is about to end, or could not listen, is none that does not run: it
 * holds the lock.
 */
async function whyNot(thrown: unknown, { lock }: Paths, { environment }: Pick<Effects, 'environment'>) {
  const holder = toWorkerError(thrown).code === 'worker.not-running' ? await lockHolder(lock, environment) : undefined;
  if (holder === undefined) return thrown;
  return new WorkerError('worker.unresponsive', `the running worker (pid ${holder}) does not serve its local API`, {
    hint: 'Try again in a moment; if it stays like this, its log says why.',
  });
}
