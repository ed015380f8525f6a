import { toWorkerError, WorkerError } from '../../base/errors.ts';
import type { Siblings } from '../../config/paths.ts';
import { acquireLock } from '../../system/disk/lock.ts';
import { askWorker, type WorkerClientOptions } from '../../system/net/worker-client.ts';
import { isAlive } from '../../system/process/alive.ts';
import type { Effects } from '../effects.ts';

/**
 * Asks the worker that runs with a config. A worker without an API, because it has just begun, is about to end, or could
 * not listen, is none that does not run: it holds the lock.
 *
 * @throws WorkerError as `askWorker`
 */
export async function* askRunningWorker(
  paths: Pick<Siblings, 'localApi' | 'lock' | 'pid'>,
  { request, ...options }: WorkerClientOptions & { readonly request: unknown },
  effects: Pick<Effects, 'environment' | 'files'>,
): AsyncGenerator {
  try {
    yield* askWorker(paths.localApi, request, options);
  } catch (thrown) {
    const holder = toWorkerError(thrown).code === 'worker.not-running' ? await lockHolder(paths, effects) : undefined;
    if (holder === undefined) throw thrown;
    throw new WorkerError('worker.unresponsive', `the running worker (pid ${holder}) does not serve its local API`, {
      hint: 'Try again in a moment; if it stays like this, its log says why.',
    });
  }
}

/** The lock is tried only where the process that wrote its name beside it lives: a worker that starts must not find it taken. */
async function lockHolder(
  { lock, pid: pidPath }: Pick<Siblings, 'lock' | 'pid'>,
  { environment: { pid: ownPid }, files }: Pick<Effects, 'environment' | 'files'>,
): Promise<number | undefined> {
  const pid = Number(await files.readText(pidPath).catch(() => undefined));
  if (!Number.isInteger(pid) || pid <= 0 || pid === ownPid || !isAlive(pid)) return undefined;
  const taken = await acquireLock(lock, { pid: ownPid });
  if (taken.is === 'taken') return taken.by.pid ?? pid;
  taken.release();
  return undefined;
}
