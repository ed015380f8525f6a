import { siblingsOf } from '../../config/paths.ts';
import { type ApiClient, createApiClient } from '../../local-api/client/client.ts';
import { askRunningApi } from '../commands/running-worker.ts';
import type { Effects } from '../effects.ts';

/** The API of the worker that runs with the config at this path, whether or not there is one. */
export function workerApi(configPath: string, effects: Pick<Effects, 'clock' | 'environment'>): ApiClient {
  const paths = siblingsOf(configPath);
  return createApiClient({ clock: effects.clock, send: (sending) => askRunningApi(paths, sending, effects) });
}

/** What is done by the running worker where there is one, and otherwise by this process. */
export async function byWorkerOr<T>(asked: Promise<T>, otherwise: () => Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (thrown) {
    if (isNotRunning(thrown)) return await otherwise();
    throw thrown;
  }
}

const isNotRunning = (thrown: unknown): boolean =>
  typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'worker.not-running';
