import { WorkerError } from '../../base/errors.ts';
import { toModelId } from '../../base/ids.ts';
import type { ModelPulls, PulledModel } from '../../cli/world/pulls.ts';
import type { CatalogueEntry } from '../../contract/catalogue.ts';
import type { ApiClient } from '../../local-api/client/client.ts';
import { pullInWorker } from '../../local-api/client/pull.ts';
import type { ApiModel } from '../../local-api/contract/models.ts';
import { knownModel, type KnownModel, modelToPull, type PullTarget } from '../../models/catalogue/lookup.ts';
import type { FileProgress } from '../../models/store/options.ts';
import type { StoredFiles } from '../../models/store/file-resolver.ts';
import { onStopSignals } from '../../system/process/signals.ts';
import { configPathOf, makeConfigFolder } from '../config.ts';
import type { Effects } from '../effects.ts';
import { openOwnModels, type OwnModels } from './own-models.ts';
import { byWorkerOr, workerApi } from './worker-api.ts';

type OnProgress = (progress: FileProgress) => void;

/** What downloads models for commands. Nothing is opened before a method is called. */
export async function openPulls(named: string | undefined, effects: Effects): Promise<ModelPulls> {
  const configPath = await configPathOf(named, effects);
  const api = workerApi(configPath, effects);
  const own = (): Promise<OwnModels> => openOwnModels(named, effects);
  return {
    known: () => byWorkerOr(knownByWorker(api), async () => knownHere(await own())),
    async pull(target, onProgress) {
      const stopped = new AbortController();
      const unfollow = onStopSignals(() => stopped.abort(STOPPED));
      try {
        const about = { target, onProgress, signal: stopped.signal };
        return await byWorkerOr(pullByWorker(api, about, own), async () => {
          await makeConfigFolder(configPath, effects);
          return await pullHere(await own(), about);
        });
      } finally {
        unfollow();
      }
    },
  };
}

const STOPPED = new WorkerError('job.cancelled', 'the download was stopped', {
  hint: 'Run the command again to resume it.',
});

interface Pulling {
  readonly target: PullTarget;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

const isHere = ({ disk }: ApiModel): boolean => disk.state === 'whole' || disk.state === 'none-needed';

async function knownByWorker(api: ApiClient): Promise<readonly KnownModel[]> {
  return (await api.call('models')).map((model) => ({ entry: model, isHere: isHere(model) }));
}

const knownHere = (own: OwnModels): Promise<readonly KnownModel[]> =>
  Promise.all(own.catalogue.list().map(async (entry) => ({ entry, isHere: await own.isHere(entry) })));

/** Adds the model first where it is new. */
async function pullHere({ catalogue, store }: OwnModels, { target, onProgress, signal }: Pulling) {
  const entry = modelToPull(target, catalogue.list());
  if ('entry' in target) await catalogue.put(entry);
  await using hold = store.hold();
  return pulled(entry, await hold.filesFor({ model: toModelId(entry.id), source: entry.source, onProgress }, signal));
}

/** The worker downloads, and this process follows; both end together. */
async function pullByWorker(
  api: ApiClient,
  { target, onProgress, signal }: Pulling,
  own: () => Promise<OwnModels>,
): Promise<PulledModel> {
  const known = await knownByWorker(api);
  const wanted = modelToPull(
    target,
    known.map(({ entry }) => entry),
  );
  if ('entry' in target) await api.call('putModel', { body: wanted });
  await pullInWorker(api, wanted.id, { onProgress, signal });
  const { store, catalogue } = await own();
  const entry = knownModel(wanted.id, catalogue.list());
  await using hold = store.hold();
  const request = { model: toModelId(entry.id), source: entry.source, onlyPresent: true };
  return pulled(entry, await hold.filesFor(request, signal));
}

const pulled = ({ id, kind }: CatalogueEntry, { paths }: Pick<StoredFiles, 'paths'>): PulledModel => ({
  model: id,
  kind,
  files: [...paths].map(([role, path]) => ({ role, path })),
});
