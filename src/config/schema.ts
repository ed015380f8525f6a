import type * as v from 'valibot';
import type { KeySpec } from './key-types.ts';
import { CONFIG_KEYS } from './keys.ts';

export type ConfigKey = keyof typeof CONFIG_KEYS;
type ValueOf<Key extends ConfigKey> = v.InferOutput<(typeof CONFIG_KEYS)[Key]['type']['schema']>;
/** A key that a running worker follows. */
export type LiveKey = {
  [Key in ConfigKey]: (typeof CONFIG_KEYS)[Key]['applies'] extends 'live' ? Key : never;
}[ConfigKey];
type KeyWithDefault = {
  [Key in ConfigKey]: (typeof CONFIG_KEYS)[Key] extends { readonly default: unknown } ? Key : never;
}[ConfigKey];

/** Settings and registration, under the names of the file. A key without a default may be absent. */
export type Config = { readonly [Key in KeyWithDefault]: ValueOf<Key> } & {
  readonly [Key in Exclude<ConfigKey, KeyWithDefault>]?: ValueOf<Key>;
};

/** What an update changes; `undefined` takes the key out of the file, which restores its default. */
export type ConfigPatch = { readonly [Key in ConfigKey]?: ValueOf<Key> | undefined };

const hasKey = (key: string): key is ConfigKey => Object.hasOwn(CONFIG_KEYS, key);
/** The keys in the order of the table, which is the order of a fresh file. */
export const KEYS: readonly ConfigKey[] = Object.keys(CONFIG_KEYS).filter(hasKey);

/** The table's entry of any name, seen with all its optional facts; undefined for a name that is not ours. */
export function specOf(key: string): KeySpec | undefined {
  return hasKey(key) ? CONFIG_KEYS[key] : undefined;
}
