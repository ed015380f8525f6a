import * as v from 'valibot';
import { WorkerError } from '../base/errors.ts';
import { suggest } from '../base/suggest.ts';
import type { ConfigValue, KeyType } from './key-types.ts';
import { CONFIG_KEYS } from './keys.ts';
import { type Config, type ConfigKey, KEYS, specOf } from './schema.ts';
import { parseToml } from './toml.ts';
import { valueProblem } from './values/value-problem.ts';

/*
 * Config values that arrive as text: from a command line, or from an environment variable.
 */

/** The key that a text names. @throws WorkerError `cli.usage` with the key that was most likely meant */
export function toKey(name: string): ConfigKey {
  const key = KEYS.find((known) => known === name);
  if (key !== undefined) return key;
  const meant = suggest(name, KEYS);
  throw new WorkerError('cli.usage', `there is no config key "${name.slice(0, 80)}"`, {
    hint: meant === undefined ? 'List the keys with `studio-worker config`.' : `Did you mean ${meant}?`,
  });
}

/**
 * Reads a text as the value of a key: strings as they are where the key takes them so, lists comma-separated or in TOML, and
 * all else as TOML writes it. `named` says in errors where the text came from; the text itself may be a secret and is not repeated.
 *
 * @throws WorkerError `config.invalid`
 */
export function valueOf(key: ConfigKey, text: string, named: string): ConfigValue {
  const type: KeyType = CONFIG_KEYS[key].type;
  const given = toToml(type, text);
  const parsed = v.safeParse(type.schema, given);
  if (parsed.success && isInRange(type, parsed.output)) return parsed.output;
  const because = parsed.success ? `${named} takes ${type.expects}` : valueProblem(named, type, given).because;
  throw new WorkerError('config.invalid', because, {
    hint: named === key ? unsetHint(key) : 'Correct the variable, or unset it.',
    fields: { key },
  });
}

/** What else there is to do for an operator whose value a key does not take. */
export const unsetHint = (name: string): string =>
  `Give it such a value, or restore its default with \`studio-worker config unset ${name}\`.`;

const isInRange = ({ range }: KeyType, value: unknown): boolean =>
  range === undefined || typeof value !== 'number' || (value >= range.min && value <= range.max);

function toToml({ schema }: KeyType, text: string): unknown {
  const takes = (value: unknown): boolean => v.safeParse(schema, value).success;
  if (takes(text)) return text;
  const list = text.split(',').map((item) => item.trim());
  if (!text.startsWith('[') && takes(list)) return list.filter((item) => item !== '');
  const read = parseToml(`value = ${text}`);
  return read.is === 'table' && Object.keys(read.table).length === 1 ? read.table['value'] : undefined;
}

/** The environment variable that sets a key, whatever the file says. */
export const variableOf = (key: ConfigKey): string => `STUDIO_WORKER_${key.toUpperCase()}`;

/**
 * The keys that the environment sets. An empty variable counts as unset.
 *
 * @throws WorkerError `config.invalid` with the variable's name
 */
export function overridesIn(get: (name: string) => string | undefined): Partial<Config> {
  const set: Record<string, ConfigValue> = {};
  for (const key of KEYS) {
    const text = get(variableOf(key));
    if (text === undefined || text.trim() === '') continue;
    set[key] = valueOf(key, text.trim(), `the environment variable ${variableOf(key)}`);
  }
  return isPartOfConfig(set) ? set : {};
}

/** Each value was read by the schema of its own key. */
const isPartOfConfig = (values: object): values is Partial<Config> =>
  Object.keys(values).every((key) => specOf(key) !== undefined);

/** Keys of a file that are none of ours but close to one: most likely misspelt. Those of other programs are passed over. */
export function misspeltKeys(text: string): readonly { readonly key: string; readonly meant: ConfigKey }[] {
  const reading = parseToml(text);
  if (reading.is === 'broken') return [];
  return Object.keys(reading.table).flatMap((key) => {
    if (specOf(key) !== undefined || key.length > MAX_KEY_CHARACTERS) return [];
    const meant = KEYS.find((known) => known === suggest(key, KEYS));
    return meant === undefined ? [] : [{ key, meant }];
  });
}
const MAX_KEY_CHARACTERS = 80;
