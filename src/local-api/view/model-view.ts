import type { CatalogueEntry } from '../../contract/catalogue.ts';
import { engineFacts, shownSource, VISION_PROJECTOR } from '../../contract/model-source.ts';
import type { PooledModel } from '../../models/loaded/entry.ts';
import type { StoredFile } from '../../models/store/inventory.ts';
import type { ApiModel, ModelState, Pull } from '../contract/models.ts';
import { isEntry, type Loads } from '../models/loads.ts';

/** What is known of the models at one moment. */
export interface ModelFacts {
  readonly startedAt: number;
  readonly inMemory: readonly PooledModel[];
  readonly onDisk: readonly StoredFile[];
  readonly failureOf: Loads['failureOf'];
  readonly pullOf: (id: string) => Pull | undefined;
  /** Engines of this release that hold models in memory. */
  readonly loadable: ReadonlySet<string>;
}

/** Where a model stands. */
export function modelState(
  entry: CatalogueEntry,
  { inMemory, failureOf, startedAt }: Pick<ModelFacts, 'inMemory' | 'failureOf' | 'startedAt'>,
): ModelState {
  const loaded = inMemory.find((model) => isEntry(model, entry));
  const failure = failureOf(entry.id);
  const { id } = entry;
  if (loaded === undefined) {
    return failure === undefined
      ? { id, state: 'unloaded', resident: false, since: startedAt }
      : { id, state: 'failed', resident: false, since: failure.at, error: failure.error };
  }
  const isIn = loaded.state === 'in use' || loaded.state === 'idle';
  return { id, state: isIn ? 'loaded' : stateOf(loaded.state), resident: isIn, since: loaded.since };
}

const stateOf = (state: PooledModel['state']): ModelState['state'] =>
  state === 'in use' || state === 'idle' ? 'loaded' : state;

/** A model of the catalogue, as a window shows it. */
export function modelView(entry: CatalogueEntry, facts: ModelFacts): ApiModel {
  const loaded = facts.inMemory.find((model) => isEntry(model, entry));
  return {
    ...entry,
    source: shownSource(entry.source),
    ...modelState(entry, facts),
    loadable: facts.loadable.has(entry.source.engine),
    images: entry.source.files.some(({ role }) => role === VISION_PROJECTOR),
    loaded: loaded === undefined ? null : { ...loaded },
    disk: diskOf(entry, facts.onDisk),
    pull: facts.pullOf(entry.id) ?? null,
  };
}

/** Files that several models share belong to each of them. */
export function filesOf({ id, source }: CatalogueEntry, onDisk: readonly StoredFile[]): readonly StoredFile[] {
  return onDisk.filter(
    ({ model, filename, url }) =>
      model === id ||
      source.files.some((file) => file.filename === filename && (url === undefined || file.url === url)),
  );
}

/** Whether a model could be loaded without a download. */
export const isOnDisk = (entry: CatalogueEntry, onDisk: readonly StoredFile[]): boolean =>
  ['whole', 'none-needed'].includes(diskOf(entry, onDisk).state);

function diskOf(entry: CatalogueEntry, onDisk: readonly StoredFile[]): ApiModel['disk'] {
  const { engine, files } = entry.source;
  if (!engineFacts(engine).readsFiles) return { state: 'none-needed', sizeBytes: 0 };
  const found = filesOf(entry, onDisk);
  const sizeBytes = found.reduce((sum, file) => sum + file.sizeBytes, 0);
  const whole = new Set(found.filter(({ state }) => state === 'whole').map(({ filename }) => filename));
  const isWhole = files.length === 0 ? whole.size > 0 : files.every(({ filename }) => whole.has(filename));
  return { state: isWhole ? 'whole' : found.length === 0 ? 'absent' : 'partial', sizeBytes };
}
