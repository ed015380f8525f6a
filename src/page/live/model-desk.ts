import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { ApiEvent } from '../../local-api/contract/events.ts';
import type { ApiModel, Verified } from '../../local-api/contract/models.ts';
import type { ApiAnswer, ApiRequest, RouteName } from '../../local-api/contract/routes.ts';
import type { Browser } from '../browser/browser.ts';
import { MODELS } from '../words/models.ts';
import { SHARED } from '../words/shared.ts';
import { isWhole } from '../worker/models/look.ts';
import { call, type FailedCall } from './call.ts';
import type { ToastShelf } from './toasts.ts';

/*
 * What a reader can do with the models of a machine. Each action is a call, the words for its failure and the signal that
 * changes; they share one desk, so that an event which comes between a call and its answer finds the same lists.
 */

type ModelFiles = ApiAnswer<'modelFiles'>;

/** How far the check of all models is. */
export interface Verifying {
  readonly done: number;
  readonly all: number;
}

/** The models of the machine, once a reader has looked at them. */
export interface ModelDesk {
  readonly models: ReadonlySignal<readonly ApiModel[] | undefined>;
  readonly modelFiles: ReadonlySignal<ModelFiles | undefined>;
  /** What the last check of a model came to, by id. */
  readonly verdicts: ReadonlySignal<ReadonlyMap<string, Verified>>;
  /** Undefined while not all of them are verified. */
  readonly verifying: ReadonlySignal<Verifying | undefined>;
  readonly readModels: () => Promise<void>;
  readonly loadModel: (model: ApiModel) => Promise<void>;
  readonly unloadModel: (model: ApiModel) => Promise<void>;
  readonly pullModel: (model: ApiModel) => Promise<void>;
  readonly stopPull: (model: ApiModel) => Promise<void>;
  readonly verifyModel: (model: ApiModel) => Promise<void>;
  /** Every model on the disk, one after the other: reading several at once makes each of them slow. */
  readonly verifyAllModels: () => Promise<void>;
  /** Whether it is gone. */
  readonly removeModel: (model: ApiModel) => Promise<boolean>;
  /** Adds it and begins to download it. Whether it was added. */
  readonly addModel: (entry: ApiRequest<'putModel'>) => Promise<boolean>;
}

interface ModelDeskOptions {
  readonly browser: Pick<Browser, 'request'>;
  readonly toasts: Pick<ToastShelf, 'show'>;
  /** A failure in words. */
  readonly because: (failed: FailedCall) => string;
}

interface Desk extends ModelDeskOptions {
  readonly models: Signal<readonly ApiModel[] | undefined>;
  readonly modelFiles: Signal<ModelFiles | undefined>;
  readonly verdicts: Signal<ReadonlyMap<string, Verified>>;
  readonly verifying: Signal<Verifying | undefined>;
}

type Named = Pick<ApiModel, 'id' | 'displayName'>;
/** What is told of models. */
export type ModelNews = Extract<ApiEvent, { readonly event: 'models' | 'pull' | 'catalogue' | 'missed' }>;

const SAY = MODELS.outcomes;

/** `onEvent` takes what is told of models. */
export function createModelDesk(
  options: ModelDeskOptions,
): ModelDesk & { readonly onEvent: (event: ModelNews) => void } {
  const desk: Desk = {
    ...options,
    models: signal(undefined),
    modelFiles: signal(undefined),
    verdicts: signal(new Map()),
    verifying: signal(undefined),
  };
  const { models, modelFiles, verdicts, verifying } = desk;
  return {
    models,
    modelFiles,
    verdicts,
    verifying,
    readModels: () => readModels(desk),
    pullModel: (model) => pull(desk, model),
    loadModel: (model) => load(desk, model),
    unloadModel: (model) => unload(desk, model),
    stopPull: (model) => stopPull(desk, model),
    verifyModel: (model) => verify(desk, model),
    verifyAllModels: () => verifyAll(desk),
    removeModel: (model) => remove(desk, model),
    addModel: (entry) => add(desk, entry),
    onEvent: (event) => onEvent(desk, event),
  };
}

async function readModels({ browser, models, modelFiles }: Desk): Promise<void> {
  const [listed, files] = await Promise.all([call(browser, 'models'), call(browser, 'modelFiles')]);
  if (listed.is === 'answered') models.value = listed.answer;
  if (files.is === 'answered') modelFiles.value = files.answer;
}

interface Question<Name extends RouteName> {
  readonly route: Name;
  /** What is said where it was not done. */
  readonly notDone: (name: string) => string;
}

/** Asks for something about one model; undefined, and said, where it was not done. */
async function ask<Name extends RouteName>(
  { browser, toasts, because }: Desk,
  { id, displayName }: Named,
  { route, notDone }: Question<Name>,
): Promise<ApiAnswer<Name> | undefined> {
  const called = await call(browser, route, { params: { id } });
  if (called.is === 'answered') return called.answer;
  toasts.show('bad', SHARED.outcome(notDone(displayName), because(called)));
  return undefined;
}

async function load(desk: Desk, model: Named): Promise<void> {
  const loading = await ask(desk, model, { route: 'loadModel', notDone: SAY.notLoaded });
  if (loading === undefined) return;
  desk.toasts.show('ok', (loading.state === 'loaded' ? SAY.loaded : SAY.loading)(model.displayName));
}

async function unload(desk: Desk, model: Named): Promise<void> {
  const unloading = await ask(desk, model, { route: 'unloadModel', notDone: SAY.notUnloaded });
  if (unloading === undefined) return;
  desk.toasts.show('ok', (unloading.state === 'unloaded' ? SAY.unloaded : SAY.unloading)(model.displayName));
}

async function pull(desk: Desk, model: Named): Promise<void> {
  const pulling = await ask(desk, model, { route: 'pullModel', notDone: SAY.notPulled });
  if (pulling !== undefined) await readModels(desk);
}

async function stopPull(desk: Desk, model: Named): Promise<void> {
  const stopped = await ask(desk, model, { route: 'cancelPull', notDone: SAY.notStopped });
  if (stopped !== undefined) desk.toasts.show('ok', SAY.stopped(model.displayName));
}

async function remove(desk: Desk, model: Named): Promise<boolean> {
  const removed = await ask(desk, model, { route: 'removeModel', notDone: SAY.notRemoved });
  if (removed === undefined) return false;
  desk.toasts.show('ok', SAY.removed(model.displayName));
  await readModels(desk);
  return true;
}

async function add(desk: Desk, entry: ApiRequest<'putModel'>): Promise<boolean> {
  const { browser, toasts, because } = desk;
  const called = await call(browser, 'putModel', { body: entry });
  if (called.is === 'answered') {
    toasts.show('ok', SAY.added(entry.displayName));
    await pull(desk, entry);
    return true;
  }
  toasts.show('bad', SHARED.outcome(SAY.notAdded(entry.displayName), because(called)));
  return false;
}

async function verify(desk: Desk, model: Named): Promise<void> {
  const outcome = await verified(desk, model);
  if (outcome === undefined) return;
  const tone = outcome === 'damaged' ? 'bad' : 'ok';
  desk.toasts.show(tone, SAY[outcome](model.displayName));
}

/** One toast for all of them; what each came to stands in its row. */
async function verifyAll(desk: Desk): Promise<void> {
  const { models, verifying, toasts } = desk;
  if (verifying.value !== undefined) return;
  const onDisk = models.value?.filter(isWhole) ?? [];
  const outcomes: string[] = [];
  try {
    for (const [done, model] of onDisk.entries()) {
      verifying.value = { done, all: onDisk.length };
      const outcome = await verified(desk, model);
      if (outcome === undefined) break; // said already, and the next would fail as this one did
      outcomes.push(outcome);
    }
  } finally {
    verifying.value = undefined;
  }
  if (outcomes.length === 0) return;
  const many = (outcome: string): number => outcomes.filter((one) => one === outcome).length;
  toasts.show(many('damaged') > 0 ? 'bad' : 'ok', SAY.verifiedAll(many('verified'), many('damaged'), many('unknown')));
}

async function verified(desk: Desk, model: Named): Promise<'verified' | 'damaged' | 'unknown' | undefined> {
  const verdict = await ask(desk, model, { route: 'verifyModel', notDone: SAY.notVerified });
  if (verdict === undefined) return undefined;
  desk.verdicts.value = new Map(desk.verdicts.value).set(model.id, verdict);
  if (verdict.files.some((file) => file.verdict === 'broken')) return 'damaged';
  return verdict.files.every((file) => file.verdict === 'verified') ? 'verified' : 'unknown';
}

function onEvent(desk: Desk, event: ModelNews): void {
  const { models } = desk;
  const listed = models.value;
  if (listed === undefined) return; // nobody looks at them
  if (event.event === 'pull' && event.data.pull.state === 'running') models.value = withPull(listed, event.data);
  else void readModels(desk);
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
