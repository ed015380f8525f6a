import * as v from 'valibot';
import { DAYS } from '../../base/config/schedule-window.ts';
import { CONFIG_GROUPS } from '../../base/config/groups.ts';

/** Hours of the week in which jobs are taken. */
const WindowSchema = v.object({
  days: v.exactOptional(v.array(v.picklist(DAYS))),
  from: v.string(),
  to: v.string(),
  time_zone: v.exactOptional(v.string()),
});
const ValueSchema = v.union([
  v.string(),
  v.number(),
  v.boolean(),
  v.array(v.string()),
  v.record(v.string(), v.boolean()),
  v.array(WindowSchema),
]);

/** One key of the config file, with all that a form needs to ask for it. */
export const ConfigFieldSchema = v.object({
  key: v.string(),
  group: v.picklist(CONFIG_GROUPS),
  /** What a form calls it. */
  name: v.string(),
  sentence: v.string(),
  /** `secret`: its value is never sent. `kinds`: a switch for each of `options`. `windows`: hours of the week. */
  shape: v.picklist(['text', 'folder', 'secret', 'switch', 'list', 'kinds', 'windows', 'choice', 'number', 'count']),
  /** What it takes, in words, as a refusal names it. */
  expects: v.string(),
  unit: v.exactOptional(v.picklist(['GB', 'GiB', 'seconds', 'attempts'])),
  min: v.exactOptional(v.number()),
  max: v.exactOptional(v.number()),
  /** The only values there are, and what a form calls each. */
  options: v.exactOptional(v.array(v.object({ value: v.string(), name: v.string() }))),
  isUrl: v.boolean(),
  /** Null where it is not set and has no default, and for every secret. URLs lack what may be a secret in them. */
  value: v.nullable(ValueSchema),
  default: v.nullable(ValueSchema),
  /** Whether it has a value; the only thing that is told of a secret. */
  isSet: v.boolean(),
  source: v.picklist(['file', 'environment', 'default']),
  /** `unused`: kept for a later release. */
  applies: v.picklist(['live', 'restart', 'unused']),
  /** It was changed since the start and counts from the next one. */
  needsRestart: v.boolean(),
});
export type ConfigField = v.InferOutput<typeof ConfigFieldSchema>;

export const ConfigViewSchema = v.object({
  path: v.string(),
  fields: v.array(ConfigFieldSchema),
  /** Keys that wait for a restart. */
  needsRestart: v.array(v.string()),
  /** Whether `POST /daemon/restart` can do it. */
  canRestart: v.boolean(),
});
export type ConfigView = v.InferOutput<typeof ConfigViewSchema>;

/** Keys to change, under their names in the file; null restores a default. */
export const ConfigPatchSchema = v.record(v.string(), v.unknown());

/** What is wrong with a form: `fields` has a sentence for each key. */
export const ConfigRefusalSchema = v.object({
  error: v.literal('invalid_config'),
  message: v.string(),
  fields: v.record(v.string(), v.string()),
});
