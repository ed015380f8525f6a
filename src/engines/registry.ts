import { WorkerError } from '../base/errors.ts';
import type { ModelId } from '../base/ids.ts';
import { engineFacts, type EngineName } from '../contract/model-source.ts';
import type { Engine } from './engine.ts';

/** The engines of this worker, found by the name an offer carries and by nothing else. */
export interface EngineRegistry {
  readonly engines: readonly Engine[];
  /**
   * The engine with exactly this name. Never another one in its stead: a substitute would deliver placeholders as
   * real work and starve the workers that could do it.
   * @throws WorkerError `engine.unavailable`
   */
  get(name: EngineName, model: ModelId): Engine;
}

/** The engine of exactly this name among those; how offers are routed, and how capabilities tell what can be routed. */
export const findEngine = (engines: readonly Engine[], name: string): Engine | undefined =>
  engines.find(({ id }) => id === name);

/** A registry of these engines; of two with one name the first counts. */
export function createRegistry(engines: readonly Engine[]): EngineRegistry {
  return {
    engines,
    get(name, model) {
      const engine = findEngine(engines, name);
      if (engine !== undefined) return engine;
      throw new WorkerError(
        'engine.unavailable',
        `no \`${engineFacts(name).inMessages}\` engine compiled into this worker (model \`${model}\` requires it).`,
        { hint: 'Offer this model to a worker that lists its engine, or install a release that carries it.' },
      );
    },
  };
}
