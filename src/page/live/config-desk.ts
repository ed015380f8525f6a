import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import * as v from 'valibot';
import { type ConfigView, ConfigRefusalSchema } from '../../local-api/contract/config.ts';
import type { Browser } from '../browser/browser.ts';
import { gib, hostOf } from '../format.ts';
import { CONFIG } from '../words/config.ts';
import { SHARED } from '../words/shared.ts';
import { STATUS } from '../words/status.ts';
import { changesIn, type Edit, type Edits } from '../worker/config/draft.ts';
import { call, type FailedCall } from './call.ts';
import type { ToastShelf } from './toasts.ts';

/** Whom a worker is to work for. */
export interface NewStudio {
  readonly url: string;
  /** Empty without one: then the studio's operator approves the worker. */
  readonly token: string;
}

/** The settings, and what a reader has changed of them and not saved. It outlives a look at another page. */
export interface ConfigDesk {
  readonly config: ReadonlySignal<ConfigView | undefined>;
  readonly edits: ReadonlySignal<Edits>;
  /** What the worker refused, by key. */
  readonly refusals: ReadonlySignal<Readonly<Record<string, string>>>;
  readonly readConfig: () => Promise<void>;
  readonly editConfig: (key: string, edit: Edit) => void;
  /** One edit, or all of them. */
  readonly undoEdits: (key?: string) => void;
  readonly saveConfig: () => Promise<void>;
  readonly restartWorker: () => Promise<void>;
  /** In GiB; saved at once. */
  readonly setThreshold: (gb: number) => Promise<void>;
  /** Saves the choice, and has the worker ask that studio. */
  readonly register: (choice: NewStudio) => Promise<void>;
}

interface ConfigDeskOptions {
  readonly browser: Pick<Browser, 'request'>;
  readonly toasts: Pick<ToastShelf, 'show'>;
  /** A failure in words. */
  readonly because: (failed: FailedCall) => string;
}

interface Desk extends ConfigDeskOptions {
  readonly config: Signal<ConfigView | undefined>;
  readonly edits: Signal<Edits>;
  readonly refusals: Signal<Readonly<Record<string, string>>>;
}

export function createConfigDesk(options: ConfigDeskOptions): ConfigDesk {
  const desk: Desk = { ...options, config: signal(undefined), edits: signal({}), refusals: signal({}) };
  const { config, edits, refusals } = desk;
  return {
    config,
    edits,
    refusals,
    readConfig: () => readConfig(desk),
    editConfig(key, edit) {
      edits.value = { ...edits.value, [key]: edit };
      refusals.value = without(refusals.value, key);
    },
    undoEdits(key) {
      edits.value = without(edits.value, key);
      refusals.value = without(refusals.value, key);
    },
    saveConfig: () => saveConfig(desk),
    restartWorker: () => restart(desk, CONFIG.restarting),
    async setThreshold(gb) {
      await patch(desk, { vram_threshold_gb: gb }, CONFIG.thresholdSaved(gib(gb)));
    },
    register: (choice) => register(desk, choice),
  };
}

/** Without one key, or without any. */
const without = <Value>(from: Readonly<Record<string, Value>>, key?: string): Readonly<Record<string, Value>> =>
  Object.fromEntries(Object.entries(from).filter(([name]) => key !== undefined && name !== key));

async function readConfig({ browser, config }: Desk): Promise<void> {
  const called = await call(browser, 'config');
  if (called.is === 'answered') config.value = called.answer;
}

/** Whether it was saved. What the worker refuses stands at its field. `done`: said in a toast; nothing without it. */
async function patch(desk: Desk, body: Readonly<Record<string, unknown>>, done?: string): Promise<boolean> {
  const { browser, toasts, because, config, refusals } = desk;
  const called = await call(browser, 'patchConfig', { body });
  if (called.is === 'answered') {
    config.value = called.answer;
    if (done !== undefined) toasts.show('ok', done);
    return true;
  }
  const refused = called.is === 'refused' ? v.safeParse(ConfigRefusalSchema, called.body) : undefined;
  if (refused?.success === true) refusals.value = refused.output.fields;
  toasts.show('bad', SHARED.outcome(CONFIG.notSaved, because(called)));
  return false;
}

async function saveConfig(desk: Desk): Promise<void> {
  const changes = changesIn(desk.config.value?.fields ?? [], desk.edits.value);
  if (changes.length === 0 || changes.some(({ error }) => error !== undefined)) return;
  const body = Object.fromEntries(changes.map(({ field, value }) => [field.key, value]));
  if (await patch(desk, body, CONFIG.saved)) desk.edits.value = {};
}

async function restart({ browser, toasts, because }: Desk, done: string): Promise<void> {
  const called = await call(browser, 'restart');
  if (called.is === 'answered') toasts.show('ok', done);
  else toasts.show('bad', SHARED.outcome(CONFIG.notRestarted, because(called)));
}

/** Which studio a worker asks is settled at its start. */
async function register(desk: Desk, { url, token }: NewStudio): Promise<void> {
  desk.refusals.value = {};
  const body = { api_base_url: url, ...(token === '' ? {} : { bootstrap_token: token }) };
  if (await patch(desk, body)) await restart(desk, STATUS.register.asking(hostOf(url)));
}
