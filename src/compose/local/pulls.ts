import { WorkerError } from '../../base/errors.ts';
import { toModelId } from '../../base/ids.ts';
import { suggest } from '../../base/suggest.ts';
import { shownUrl } from '../../base/urls.ts';
import type { KnownModel, ModelPulls, PulledModel, PullTarget } from '../../cli/world/pulls.ts';
import type { CatalogueEntry } from '../../contract/catalogue.ts';
import type { ApiClient } from '../../local-api/client/client.ts';
import { readEvent } from '../../local-api/contract/events.ts';
import type { ApiModel, Pull } from '../../local-api/contract/models.ts';
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

const CANCELLED = new WorkerError('job.cancelled', 'the download was cancelled in the running worker', {
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
  const known = catalogue.list();
  if ('entry' in target) {
    assertNotTaken(target.entry, known);
    await catalogue.put(target.entry);
  }
  const entry = 'entry' in target ? target.entry : knownOf(target.id, known);
  await using lease = store.lease();
  return pulled(entry, await lease.filesFor({ model: toModelId(entry.id), source: entry.source, onProgress }, signal));
}

/** What a studio taught is taken over; what is the operator's own is changed in the catalogue, and not by a pull. */
function assertNotTaken({ id, source }: CatalogueEntry, known: readonly CatalogueEntry[]): void {
  const taken = known.find((entry) => entry.id === id && entry.origin === 'local');
  const urlsOf = ({ files }: CatalogueEntry['source']): string => files.map(({ url }) => shownUrl(url)).join(' ');
  if (taken === undefined || urlsOf(taken.source) === urlsOf(source)) return;
  throw new WorkerError('cli.usage', `the catalogue has another model ${id}`, {
    hint: 'Give this one a name of its own with `--id`, or remove the other one first.',
  });
}

function knownOf(id: string, known: readonly CatalogueEntry[]): CatalogueEntry {
  const found = known.find((entry) => entry.id === id);
  if (found !== undefined) return found;
  const ids = known.map((entry) => entry.id);
  const meant = suggest(id, ids);
  throw new WorkerError('model.not-found', `no model ${id} is in the catalogue`, {
    hint:
      meant === undefined
        ? `Name one of ${ids.join(', ')}, or give the URL of a model file.`
        : `Did you mean ${meant}? A model can be named by its URL, too.`,
  });
}

/** The worker downloads, and this process follows; both end together. */
async function pullByWorker(
  api: ApiClient,
  { target, onProgress, signal }: Pulling,
  own: () => Promise<OwnModels>,
): Promise<PulledModel> {
  const known = (await knownByWorker(api)).map(({ entry }) => entry);
  if ('entry' in target) {
    assertNotTaken(target.entry, known);
    await api.call('putModel', { body: target.entry });
  } else knownOf(target.id, known);
  const { id } = 'entry' in target ? target.entry : target;
  const params = { id };
  const cancel = (): void => void api.call('cancelPull', { params }).catch(() => {}); // nobody is left to tell
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const first = await api.call('pullModel', { params });
    await followPull(api, { id, first, onProgress });
  } catch (thrown) {
    signal.throwIfAborted();
    throw thrown;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
  const { store, catalogue } = await own();
  const entry = knownOf(id, catalogue.list());
  await using lease = store.lease();
  const request = { model: toModelId(id), source: entry.source, onlyPresent: true };
  return pulled(entry, await lease.filesFor(request, signal));
}

interface Following {
  readonly id: string;
  readonly first: Pull;
  readonly onProgress: OnProgress;
}

/** Until it has ended. What was missed is read from the list of models. */
async function followPull(api: ApiClient, { id, first, onProgress }: Following): Promise<void> {
  const events = api.events('events');
  const isOver = (pull: Pull | null | undefined): boolean => {
    if (pull === null || pull === undefined) return false;
    if (pull.filename !== '') onProgress(progressOf(pull));
    if (pull.state === 'failed') throw failed(pull);
    if (pull.state === 'cancelled') throw CANCELLED;
    return pull.state !== 'running';
  };
  if (isOver(first)) return;
  for await (const event of events) {
    const [read] = readEvent(event);
    const hasMissed = read?.event === 'status' || read?.event === 'missed';
    const ours = read?.event === 'pull' && read.data.id === id ? read.data.pull : undefined;
    if (isOver(hasMissed ? await pullOf(api, id) : ours)) return;
  }
  throw new WorkerError('worker.unresponsive', 'the worker ended before the download did', {
    hint: 'Run the command again to resume the download.',
  });
}

const pullOf = async (api: ApiClient, id: string): Promise<Pull | null | undefined> =>
  (await api.call('models')).find((model) => model.id === id)?.pull;

const progressOf = ({ filename, phase, state, doneBytes, totalBytes }: Pull): FileProgress => ({
  filename,
  phase: state === 'done' ? 'ready' : phase,
  doneBytes,
  totalBytes: totalBytes ?? undefined,
});

const failed = ({ error = 'the download failed', hint }: Pull): WorkerError =>
  new WorkerError('download.failed', error, hint === undefined ? {} : { hint });

const pulled = ({ id, kind }: CatalogueEntry, { paths }: Pick<StoredFiles, 'paths'>): PulledModel => ({
  model: id,
  kind,
  files: [...paths].map(([role, path]) => ({ role, path })),
});
