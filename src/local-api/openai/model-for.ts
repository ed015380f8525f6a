import type { CatalogueEntry } from '../../contract/catalogue.ts';
import type { TaskKindId } from '../../contract/tasks/index.ts';
import { ApiFailure } from '../http/reply.ts';

export interface KnownModels {
  readonly list: () => readonly CatalogueEntry[];
  /** Ids of the models in memory. */
  readonly inMemory: () => ReadonlySet<string>;
}

/**
 * The model that a request runs on: the one that it names; else the only one of the kind in memory; else the only one.
 *
 * @throws ApiFailure 400, 404
 */
export function modelFor(id: string, kind: TaskKindId, known: KnownModels): CatalogueEntry {
  if (id === '') return theOneOf(kind, known);
  const entry = known.list().find((one) => one.id === id);
  if (entry === undefined) throw new ApiFailure(404, 'unknown_model', `no model ${id} is in the catalogue`);
  if (!entry.enabled) throw new ApiFailure(400, 'model_disabled', `${id} is turned off`);
  if (entry.kind !== kind) throw new ApiFailure(400, 'wrong_model', `${id} is a model for ${entry.kind}, not ${kind}`);
  return entry;
}

function theOneOf(kind: TaskKindId, { list, inMemory }: KnownModels): CatalogueEntry {
  const able = list().filter((one) => one.kind === kind && one.enabled);
  const held = inMemory();
  const loaded = able.filter(({ id }) => held.has(id));
  const [only, second] = loaded.length > 0 ? loaded : able;
  if (only === undefined) throw new ApiFailure(404, 'unknown_model', `the catalogue has no model for ${kind}`);
  if (second !== undefined) {
    throw new ApiFailure(400, 'bad_request', `model: name one of ${able.map(({ id }) => id).join(', ')}`);
  }
  return only;
}
