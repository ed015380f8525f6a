import { type ReadonlySignal, signal } from '@preact/signals';
import type { ApiEvent } from '../../local-api/contract/events.ts';
import type { ApiModel, Verified } from '../../local-api/contract/models.ts';
import type { ApiAnswer, ApiRequest, RouteName } from '../../local-api/contract/routes.ts';
import type { Browser } from '../browser/browser.ts';
import { MODELS } from '../words/models.ts';
import { SHARED } from '../words/shared.ts';
import { call, type Failed } from './call.ts';
import type { ToastShelf } from './toasts.ts';

type ModelFiles = ApiAnswer<'modelFiles'>;

/** The models of the machine, once a reader has looked at them. */
export interface ModelDesk {
  readonly models: ReadonlySignal<readonly ApiModel[] | undefined>;
  readonly modelFiles: ReadonlySignal<ModelFiles | undefined>;
  /** What the last check of a model came to, by id. */
  readonly verdicts: ReadonlySignal<ReadonlyMap<string, Verified>>;
  readonly readModels: () => Promise<void>;
  readonly loadModel: (model: ApiModel) => Promise<void>;
  readonly unloadModel: (model: ApiModel) => Promise<void>;
  readonly pullModel: (model: ApiModel) => Promise<void>;
  readonly stopPull: (model: ApiModel) => Promise<void>;
  readonly verifyModel: (model: ApiModel) => Promise<void>;
  /** Whether it is gone. */
  readonly removeModel: (model: ApiModel) => Promise<boolean>;
  /** Adds it and begins to download it. Whether it was added. */
  readonly addModel: (entry: ApiRequest<'putModel'>) => Promise<boolean>;
}

interface ModelDeskOptions {
  readonly browser: Pick<Browser, 'request'>;
  readonly toasts: Pick<ToastShelf, 'show'>;
  /** A failure in words. */
  readonly because: (failed: Failed) => string;
}

type ModelEvent = Extract<ApiEvent, { readonly event: 'models' | 'pull' | 'catalogue' | 'missed' }>;

/** `onEvent` takes what is told of models. */
export function createModelDesk(options: ModelDeskOptions): ModelDesk & { onEvent(event: ModelEvent): void } {
  const { browser, toasts, because } = options;
  const models = signal<readonly ApiModel[] | undefined>(undefined);
  const modelFiles = signal<ModelFiles | undefined>(undefined);
  const verdicts = signal<ReadonlyMap<string, Verified>>(new Map());
  const SAY = MODELS.outcomes;

  async function readModels(): Promise<void> {
    const [listed, files] = await Promise.all([call(browser, 'models'), call(browser, 'modelFiles')]);
    if (listed.is === 'answered') models.value = listed.answer;
    if (files.is === 'answered') modelFiles.value = files.answer;
  }

  /** Asks for something about one model; undefined, and said, where it was not done. */
  async function ask<Name extends RouteName>(
    name: Name,
    { id }: Pick<ApiModel, 'id'>,
    notDone: string,
  ): Promise<ApiAnswer<Name> | undefined> {
    const called = await call(browser, name, { params: { id } });
    if (called.is === 'answered') return called.answer;
    toasts.show('bad', SHARED.outcome(notDone, because(called)));
    return undefined;
  }

  const pullModel = async (model: Pick<ApiModel, 'id' | 'displayName'>): Promise<void> => {
    const pull = await ask('pullModel', model, SAY.notPulled(model.displayName));
    if (pull !== undefined) await readModels();
  };

  return {
    models,
    modelFiles,
    verdicts,
    readModels,
    pullModel,
    async loadModel(model) {
      const loading = await ask('loadModel', model, SAY.notLoaded(model.displayName));
      if (loading === undefined) return;
      toasts.show('ok', (loading.state === 'loaded' ? SAY.loaded : SAY.loading)(model.displayName));
    },
    async unloadModel(model) {
      const unloading = await ask('unloadModel', model, SAY.notUnloaded(model.displayName));
      if (unloading === undefined) return;
      toasts.show('ok', (unloading.state === 'unloaded' ? SAY.unloaded : SAY.unloading)(model.displayName));
    },
    async stopPull(model) {
      const stopped = await ask('cancelPull', model, SAY.notStopped(model.displayName));
      if (stopped !== undefined) toasts.show('ok', SAY.stopped(model.displayName));
    },
    async verifyModel(model) {
      const verdict = await ask('verifyModel', model, SAY.notVerified(model.displayName));
      if (verdict === undefined) return;
      verdicts.value = new Map(verdicts.value).set(model.id, verdict);
      const isBroken = verdict.files.some((file) => file.verdict === 'broken');
      const isKnown = verdict.files.every((file) => file.verdict === 'verified');
      if (isBroken) toasts.show('bad', SAY.damaged(model.displayName));
      else toasts.show('ok', (isKnown ? SAY.verified : SAY.unknown)(model.displayName));
    },
    async removeModel(model) {
      const removed = await ask('removeModel', model, SAY.notRemoved(model.displayName));
      if (removed === undefined) return false;
      toasts.show('ok', SAY.removed(model.displayName));
      await readModels();
      return true;
    },
    async addModel(entry) {
      const called = await call(browser, 'putModel', { body: entry });
      if (called.is === 'answered') {
        toasts.show('ok', SAY.added(entry.displayName));
        await pullModel(entry);
        return true;
      }
      toasts.show('bad', SHARED.outcome(SAY.notAdded(entry.displayName), because(called)));
      return false;
    },
    onEvent(event) {
      const listed = models.value;
      if (listed === undefined) return; // nobody looks at them
      if (event.event === 'pull' && event.data.pull.state === 'running') models.value = withPull(listed, event.data);
      else void readModels();
    },
  };
}

/** The models after a download of one of them came further. */
const withPull = (
  models: readonly ApiModel[],
  { id, pull }: Extract<ApiEvent, { readonly event: 'pull' }>['data'],
): readonly ApiModel[] => {
  const at = models.findIndex((model) => model.id === id);
  const model = models[at];
  return model === undefined ? models : models.with(at, { ...model, pull });
};
