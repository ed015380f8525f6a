import { toWorkerError } from '../../base/errors.ts';
import { GIB, roundToTenths } from '../../base/units.ts';
import type { CatalogueEntry } from '../../contract/catalogue.ts';
import type { StoredFile } from '../../models/store/inventory.ts';
import { memoryToLoad } from '../../worker/models/memory-to-load.ts';
import type { LocalApiDeps } from '../deps.ts';
import { ApiFailure, jsonReply } from '../http/reply.ts';
import type { Handlers } from '../http/router.ts';
import type { LoadOutcome, Loads } from '../models/loads.ts';
import type { Pulls } from '../models/pulls.ts';
import { filesOf, modelState, modelView } from '../view/model-view.ts';

type CatalogueRoute = 'models' | 'putModel' | 'removeModel';
type MemoryRoute = 'modelState' | 'loadModel' | 'unloadModel';
type DiskRoute = 'pullModel' | 'cancelPull' | 'verifyModel' | 'modelFiles';

/** What the routes of models work with. */
export interface ModelParts {
  readonly deps: LocalApiDeps;
  readonly loads: Loads;
  readonly pulls: Pulls;
}

/** Models: the catalogue, what is on the disk, what is in memory. None of the reads loads or fetches anything. */
export const modelHandlers = (parts: ModelParts): Pick<Handlers, CatalogueRoute | MemoryRoute | DiskRoute> => ({
  ...catalogueHandlers(parts),
  ...memoryHandlers(parts),
  ...diskHandlers(parts),
});

function known({ deps }: ModelParts, id = ''): CatalogueEntry {
  const entry = deps.models.catalogue.find(id);
  if (entry === undefined) throw new ApiFailure(404, 'unknown_model', 'no model of this id is in the catalogue');
  return entry;
}

function catalogueHandlers(parts: ModelParts): Pick<Handlers, CatalogueRoute> {
  const { deps, loads, pulls } = parts;
  const { catalogue, store, loadable } = deps.models;
  return {
    async models() {
      const [{ models: inMemory, startedAt }, onDisk] = await Promise.all([deps.control.status({}), store.list()]);
      const failureOf = (id: string) => loads.failureOf(id);
      const pullOf = (id: string) => pulls.of(id);
      const facts = { inMemory, startedAt, onDisk, failureOf, pullOf, loadable };
      return jsonReply(catalogue.list().map((entry) => modelView(entry, facts)));
    },
    async putModel({ body }) {
      await catalogue.put(body);
      return jsonReply({ ok: true });
    },
    async removeModel({ params: { id } }) {
      const entry = known(parts, id);
      pulls.cancel(entry.id);
      await loads.unload(entry);
      await removeFiles(entry, deps);
      await catalogue.remove(entry.id);
      return jsonReply({ ok: true });
    },
  };
}

function memoryHandlers(parts: ModelParts): Pick<Handlers, MemoryRoute> {
  const { deps, loads } = parts;
  return {
    async modelState({ params: { id } }) {
      const { models: inMemory, startedAt } = await deps.control.status({});
      return jsonReply(modelState(known(parts, id), { inMemory, startedAt, failureOf: (its) => loads.failureOf(its) }));
    },
    async loadModel({ params: { id } }) {
      const entry = known(parts, id);
      if (!deps.models.loadable.has(entry.source.engine)) {
        const because = `${entry.displayName} is not loaded ahead of a job: its engine holds nothing between two of them`;
        throw new ApiFailure(409, 'not_kept', because);
      }
      if (!entry.enabled) throw new ApiFailure(400, 'model_disabled', `${entry.displayName} is turned off`);
      return await loadReply(entry, await loads.load(entry, deps.models.catalogue.list()), deps);
    },
    async unloadModel({ params: { id } }) {
      const unloading = await loads.unload(known(parts, id));
      return jsonReply({ state: unloading > 0 ? 'unloading' : 'unloaded' }, unloading > 0 ? 202 : 200);
    },
  };
}

function diskHandlers(parts: ModelParts): Pick<Handlers, DiskRoute> {
  const { deps, pulls } = parts;
  return {
    pullModel({ params: { id } }) {
      const entry = known(parts, id);
      pulls.start(entry);
      return jsonReply(pulls.of(entry.id), 202);
    },
    cancelPull: ({ params: { id } }) => jsonReply({ cancelled: pulls.cancel(known(parts, id).id) }),
    verifyModel: async ({ params: { id } }) => jsonReply({ files: await verify(known(parts, id), deps) }),
    async modelFiles() {
      const root = deps.config.current.models_root;
      const [files, freeBytes = null] = await Promise.all([deps.models.store.list(), deps.machine.freeBytes(root)]);
      return jsonReply({ root, freeBytes, files: files.map(fileView) });
    },
  };
}

const fileView = ({ model, filename, path, sizeBytes, state, sha256, usedAt }: StoredFile) => ({
  model,
  filename,
  path,
  sizeBytes,
  state,
  ...(sha256 === undefined ? {} : { sha256 }),
  usedAt,
});

/** A model that has no file here is removed all the same. */
async function removeFiles({ id }: CatalogueEntry, { models: { store } }: LocalApiDeps): Promise<void> {
  try {
    await store.remove(id);
  } catch (thrown) {
    if (toWorkerError(thrown).code !== 'model.not-found') throw thrown;
  }
}

/** One file after the other: each is read whole. */
async function verify(entry: CatalogueEntry, { models: { store } }: LocalApiDeps) {
  const whole = filesOf(entry, await store.list()).filter(({ state }) => state === 'whole');
  const verdicts = [];
  for (const file of whole) {
    const { is: verdict, because } = await store.verify(file, () => {});
    verdicts.push({ filename: file.filename, verdict, ...(because === undefined ? {} : { because }) });
  }
  return verdicts;
}

async function loadReply(entry: CatalogueEntry, loading: LoadOutcome, deps: LocalApiDeps): Promise<Response> {
  if (loading.is !== 'not-loaded') return jsonReply({ state: loading.is }, loading.is === 'loading' ? 202 : 200);
  if (loading.what === 'memory') throw await memoryFailure(entry, deps);
  throw new ApiFailure(409, loading.what === 'engine' ? 'engine_unavailable' : 'not_kept', loading.because);
}

async function memoryFailure(entry: CatalogueEntry, { machine, models }: LocalApiDeps): Promise<ApiFailure> {
  const memory = memoryToLoad(machine.memory()?.report);
  const onDisk = filesOf(entry, await models.store.list()).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const neededGib = roundToTenths(entry.vramGbEstimate > 0 ? entry.vramGbEstimate : onDisk / GIB);
  const freeGib = roundToTenths(memory.freeGb);
  const marginGib = roundToTenths(memory.marginGb);
  const message = `${entry.displayName} needs ${neededGib} GiB of memory, ${freeGib} GiB are free, of which ${marginGib} GiB stays free`;
  return new ApiFailure(409, 'insufficient_memory', message, { neededGib, freeGib, marginGib });
}
