import { type LocalApiSetup, openLocalApi, type ServedApi } from '../../src/compose/worker/local-api.ts';
import type { ComposedWorker } from '../../src/compose/worker/worker.ts';

/** The API of a worker that runs already; undefined where it cannot listen. */
export const serveLocalApi = async (worker: ComposedWorker, setup: LocalApiSetup): Promise<ServedApi | undefined> =>
  await (await openLocalApi(worker, setup)).listen();
