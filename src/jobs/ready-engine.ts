import { WorkerError } from '../base/errors.ts';
import { engineFacts, type ModelSource } from '../contract/model-source.ts';
import type { Engine } from '../engines/engine.ts';
import type { EngineRegistry, Routed } from '../engines/registry.ts';

/**
 * The engine of this name, once it is ready to serve the task.
 *
 * @throws WorkerError `engine.unavailable` | `task.unsupported`
 */
export async function readyEngine(wanted: Routed, registry: Pick<EngineRegistry, 'get'>): Promise<Engine> {
  const engine = registry.get(wanted);
  const readiness = await engine.readiness();
  if (!readiness.ready) throw new WorkerError('engine.unavailable', readiness.because, { hint: readiness.hint });
  return engine;
}

/** A source may name files for an engine that reads none (studio contract, images of a chat): they are not fetched. */
export const withFilesItReads = (source: ModelSource): ModelSource =>
  engineFacts(source.engine).readsFiles ? source : { ...source, files: [] };
