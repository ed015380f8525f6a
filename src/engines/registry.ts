import { WorkerError } from '../base/errors.ts';
import type { ModelId } from '../base/ids.ts';
import { engineFacts, type EngineName } from '../contract/model-source.ts';
import type { TaskKindId } from '../contract/tasks/index.ts';
import type { Engine } from './engine.ts';

/** What of a job decides which engine runs it. */
export interface Routed {
  readonly engine: EngineName;
  readonly model: ModelId;
  readonly kind: TaskKindId;
}

/** Where a job goes: to one engine, or nowhere, with the error that it fails with. */
export type Route =
  | { readonly is: 'found'; readonly engine: Engine }
  /** `missing`: no such engine here; `unserved`: it is, and does not serve the kind. */
  | { readonly is: 'missing' | 'unserved'; readonly error: WorkerError };

/** The engines of this worker, found by the name an offer carries and by nothing else. */
export interface EngineRegistry {
  readonly engines: readonly Engine[];
  /** @throws WorkerError `engine.unavailable` | `task.unsupported` */
  get(job: Routed): Engine;
}

/** The engine of exactly this name among those; how offers are routed, and how capabilities tell what can be routed. */
export const findEngine = (engines: readonly Engine[], name: string): Engine | undefined =>
  engines.find(({ id }) => id === name);

/** Whether an engine keeps models in memory: one that reads no files has nothing to keep. */
export const holdsModels = ({ id }: Pick<Engine, 'id'>): boolean => engineFacts(id).readsFiles;

/**
 * Routes a job to the engine with exactly this name. Never to another one in its stead: a substitute would deliver
 * placeholders as real work and starve the workers that could do it.
 */
export function routeTo(engines: readonly Engine[], { engine: name, model, kind }: Routed): Route {
  const { isTakenAsPresent, inMessages } = engineFacts(name);
  const engine = findEngine(engines, name);
  if (engine?.models[kind] !== undefined) return { is: 'found', engine };
  if (engine !== undefined || isTakenAsPresent) return { is: 'unserved', error: unserved(name, kind) };
  const message = `no \`${inMessages}\` engine compiled into this worker (model \`${model}\` requires it).`;
  const hint = 'Offer this model to a worker that lists its engine, or install a release that carries it.';
  return { is: 'missing', error: new WorkerError('engine.unavailable', message, { hint }) };
}

const unserved = (engine: EngineName, kind: TaskKindId): WorkerError =>
  new WorkerError('task.unsupported', `${engine} engine cannot serve ${kind} tasks`, {
    hint: `Offer the task with a model whose engine serves ${kind}; \`studio-worker engines\` lists them.`,
  });

/** A registry of these engines; of two with one name the first counts. */
export function createRegistry(engines: readonly Engine[]): EngineRegistry {
  return {
    engines,
    get(job) {
      const route = routeTo(engines, job);
      if (route.is === 'found') return route.engine;
      throw route.error;
    },
  };
}
