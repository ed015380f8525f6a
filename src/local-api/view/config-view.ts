import type { ConfigValue } from '../../config/key-types.ts';
import { type Config, type ConfigKey, KEYS, specOf } from '../../config/schema.ts';
import type { ConfigStore } from '../../config/store.ts';
import { shownUrl } from '../../base/urls.ts';
import { CONFIG_GROUPS } from '../../base/config/groups.ts';
import { TASK_KIND_IDS } from '../../contract/tasks/index.ts';
import type { ConfigField, ConfigView } from '../contract/config.ts';

/** What a form is made from. `atStart`: what the running worker began with. */
export interface ConfigFacts {
  readonly config: Pick<ConfigStore, 'current' | 'path' | 'overridden' | 'inFile'>;
  readonly atStart: Config;
  readonly canRestart: boolean;
}

/** Every key that an operator may edit, group by group. */
export function configView({ config, atStart, canRestart }: ConfigFacts): ConfigView {
  const { current, overridden, inFile } = config;
  const sources = { overridden: new Set(overridden), inFile: new Set(inFile) };
  const fields = CONFIG_GROUPS.flatMap((group) =>
    KEYS.filter((key) => specOf(key)?.group === group).map((key) =>
      fieldOf(key, current, {
        group,
        source: sourceOf(key, sources),
        needsRestart: waitsForRestart(key, current, atStart),
      }),
    ),
  );
  const needsRestart = fields.filter((field) => field.needsRestart).map(({ key }) => key);
  return { path: config.path, fields, needsRestart, canRestart };
}

/** Keys whose value in the file is not the one that the worker runs with. */
const waitsForRestart = (key: ConfigKey, current: Config, atStart: Config): boolean =>
  specOf(key)?.applies === 'restart' && JSON.stringify(current[key]) !== JSON.stringify(atStart[key]);

function fieldOf(
  key: ConfigKey,
  current: Config,
  about: Pick<ConfigField, 'group' | 'source' | 'needsRestart'>,
): ConfigField {
  const spec = specOf(key);
  if (spec === undefined) throw new RangeError(`no such key: ${key}`);
  const { type, unit, sentence, name = key, applies, secret = false, url = false } = spec;
  const value = current[key];
  return {
    key,
    name,
    sentence,
    shape: type.shape,
    expects: type.expects,
    ...(unit === undefined ? {} : { unit }),
    ...boundsOf(key),
    ...optionsOf(key),
    isUrl: url,
    value: secret || value === undefined ? null : shown(value, url),
    default: spec.default ?? null,
    isSet: value !== undefined,
    applies,
    ...about,
  };
}

const shown = (value: ConfigValue, isUrl: boolean): ConfigValue =>
  isUrl && typeof value === 'string' ? shownUrl(value) : value;

/** Bounds that a widget can keep; others are told by a refusal. */
function boundsOf(key: ConfigKey): Pick<ConfigField, 'min' | 'max'> {
  const type = specOf(key)?.type;
  if (type?.range !== undefined) return type.range;
  if (key === 'auto_update_interval_secs') return { min: 60 };
  return type?.shape === 'number' || type?.shape === 'count' ? { min: 0 } : {};
}

/** A window has words of its own for these. */
const KIND_OPTIONS: Readonly<Record<string, string>> = Object.fromEntries(TASK_KIND_IDS.map((kind) => [kind, kind]));

function optionsOf(key: ConfigKey): Pick<ConfigField, 'options'> {
  const type = specOf(key)?.type;
  const options = type?.shape === 'kinds' ? KIND_OPTIONS : type?.options;
  if (options === undefined) return {};
  return { options: Object.entries(options).map(([value, name]) => ({ value, name })) };
}

/** The environment overrides the file. */
function sourceOf(
  key: ConfigKey,
  { overridden, inFile }: { readonly overridden: ReadonlySet<ConfigKey>; readonly inFile: ReadonlySet<ConfigKey> },
): ConfigField['source'] {
  if (overridden.has(key)) return 'environment';
  return inFile.has(key) ? 'file' : 'default';
}
