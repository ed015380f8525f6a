import type { ModelMemory } from '../../cli/world/model-memory.ts';
import { loadInWorker } from '../../local-api/client/load.ts';
import { configPathOf } from '../config.ts';
import type { Effects } from '../effects.ts';
import { workerApi } from './worker-api.ts';

/** The memory of the worker that runs with this config. */
export async function openModelMemory(named: string | undefined, effects: Effects): Promise<ModelMemory> {
  const api = workerApi(await configPathOf(named, effects), effects);
  return {
    load: (id) => loadInWorker(api, id),
    unload: async (id) =>
      (await api.call('unloadModel', { params: { id } })).state === 'unloading' ? 'unloading' : 'unloaded',
  };
}
