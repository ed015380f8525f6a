import { printJson, printLines } from '../output.ts';
import type { World } from '../world.ts';
import type { ConfigEntry } from '../../config/values/command-values.ts';
import type { OpenedConfig } from '../world/config.ts';
import { reloadFacts, reloadText } from './worker-reply.ts';

/** For commands about one key; shells complete it by its hint. */
export const KEY_ARG = {
  key: {
    type: 'positional',
    valueHint: 'config-key',
    description: 'Name of the key, as `studio-worker config` prints it; `kinds.video` for one kind',
  },
} as const;

/** A value for scripts: a string without quotes, all else as JSON. */
export const shownValue = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Has a running worker read its config again, and prints what became of a changed key. */
export async function printChange(
  { text, ...entry }: ConfigEntry,
  { world, config, json }: { readonly world: World; readonly config: OpenedConfig; readonly json: boolean },
): Promise<void> {
  const asked = await world.control(config.path).ask('reload', {});
  if (json) return printJson(world.terminal, { ...entry, ...reloadFacts(asked) });
  const { key, applies, variable } = entry;
  const later = {
    live: asked.is === 'failed' ? reloadText(asked) : undefined,
    restart: asked.is === 'not-running' ? undefined : 'applies at the next start of the worker',
    unused: 'not used in this release',
  }[applies];
  const notes = [later, variable && `${variable} is set and overrides the file`].filter((note) => note);
  printLines(world.terminal, text === '' ? `${key} is not set` : text, ...notes.map((note) => note ?? ''));
}
