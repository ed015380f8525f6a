import type { CatalogueEntry } from '../../contract/catalogue.ts';
import type { TaskKindId } from '../../contract/tasks/index.ts';
import { ApiFailure } from '../http/reply.ts';

export interface KnownModels {
  readonly list: () => readonly CatalogueEntry[];
  /** Ids of the models in memory. */
  readonly inMemory: () => ReadonlySet<string>;
  /** Those of them whose files are all on this disk. */
  readonly onDisk: (entries: readonly CatalogueEntry[]) => Promise<readonly CatalogueEntry[]>;
}

/**
 * The model that a request runs on: the one that it names; else the only one of the kind in memory, on this disk, or at all,
 * in this order.
 *
 * @throws ApiFailure 400, 404
 */
export async function modelFor(id: string, kind: TaskKindId, known: KnownModels): Promise<CatalogueEntry> {
  if (id === '') return await theOneOf(kind, known);
  const entry = known.list().find((one) => one.id === id);
  if (entry === undefined) throw new ApiFailure(404, 'unknown_model', `no model ${id} is in the catalogue`);
  if (!entry.enabled) throw new ApiFailure(400, 'model_disabled', `${id} is turned off`);
  if (entry.kind !== kind) throw new ApiFailure(400, 'wrong_model', `${id} is a model for ${entry.kind}, not ${kind}`);
  return entry;
}

async function theOneOf(kind: TaskKindId, { list, inMemory, onDisk }: KnownModels): Promise<CatalogueEntry> {
  const able = list().filter((one) => one.kind === kind && one.enabled);
  const held = inMemory();
  const loaded = able.filter(({ id }) => held.has(id));
  const near = loaded.length > 0 ? loaded : await onDisk(able);
  const [only, second] = near.length > 0 ? near : able;
  if (only === undefined) throw new ApiFailure(404, 'unknown_model', `the catalogue has no model for ${kind}`);
  if (second === undefined) return only;
  throw new ApiFailure(400, 'bad_request', `model: name one of ${able.map(({ id }) => id).join(', ')}`);
}
