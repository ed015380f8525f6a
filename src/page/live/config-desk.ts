import { type ReadonlySignal, signal } from '@preact/signals';
import * as v from 'valibot';
import { type ConfigView, ConfigRefusalSchema } from '../../local-api/contract/config.ts';
import type { Browser } from '../browser/browser.ts';
import { gib } from '../format.ts';
import { CONFIG } from '../words/config.ts';
import { SHARED } from '../words/shared.ts';
import { changesIn, type Edit, type Edits } from '../worker/config/draft.ts';
import { call, type Failed } from './call.ts';
import type { ToastShelf } from './toasts.ts';

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
}

interface ConfigDeskOptions {
  readonly browser: Pick<Browser, 'request'>;
  readonly toasts: Pick<ToastShelf, 'show'>;
  /** A failure in words. */
  readonly because: (failed: Failed) => string;
}

export function createConfigDesk({ browser, toasts, because }: ConfigDeskOptions): ConfigDesk {
  const config = signal<ConfigView | undefined>(undefined);
  const edits = signal<Edits>({});
  const refusals = signal<Readonly<Record<string, string>>>({});

  /** Without one key, or without any. */
  const without = <Value>(from: Readonly<Record<string, Value>>, key?: string): Readonly<Record<string, Value>> =>
    Object.fromEntries(Object.entries(from).filter(([name]) => key !== undefined && name !== key));

  async function readConfig(): Promise<void> {
    const called = await call(browser, 'config');
    if (called.is === 'answered') config.value = called.answer;
  }

  async function patch(body: Readonly<Record<string, unknown>>, done: string): Promise<boolean> {
    const called = await call(browser, 'patchConfig', { body });
    if (called.is === 'answered') {
      config.value = called.answer;
      toasts.show('ok', done);
      return true;
    }
    const refused = called.is === 'refused' ? v.safeParse(ConfigRefusalSchema, called.body) : undefined;
    if (refused?.success === true) refusals.value = refused.output.fields;
    toasts.show('bad', SHARED.outcome(CONFIG.notSaved, because(called)));
    return false;
  }

  return {
    config,
    edits,
    refusals,
    readConfig,
    editConfig(key, edit) {
      edits.value = { ...edits.value, [key]: edit };
      refusals.value = without(refusals.value, key);
    },
    undoEdits(key) {
      edits.value = without(edits.value, key);
      refusals.value = without(refusals.value, key);
    },
    async saveConfig() {
      const changes = changesIn(config.value?.fields ?? [], edits.value);
      if (changes.length === 0 || changes.some(({ error }) => error !== undefined)) return;
      const body = Object.fromEntries(changes.map(({ field, value }) => [field.key, value]));
      if (await patch(body, CONFIG.saved)) edits.value = {};
    },
    async restartWorker() {
      const called = await call(browser, 'restart');
      if (called.is === 'answered') toasts.show('ok', CONFIG.restarting);
      else toasts.show('bad', SHARED.outcome(CONFIG.notRestarted, because(called)));
    },
    async setThreshold(gb) {
      await patch({ vram_threshold_gb: gb }, CONFIG.thresholdSaved(gib(gb)));
    },
  };
}
