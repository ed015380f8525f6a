import type { ConfigGroup } from '../base/config/groups.ts';
import * as v from 'valibot';
import type { ScheduleWindow } from '../base/config/schedule-window.ts';
import { ScheduleSchema } from './values/schedule.ts';
import { TASK_KIND_IDS, TaskKindIdSchema } from '../contract/tasks/index.ts';

/*
 * What a key may take, as TOML parses it: whole numbers arrive as `bigint`, numbers with a point as `number`.
 */

/** What a key may hold: one value, a list of texts, a table of switches, or the windows of a schedule. */
export type ConfigValue = string | number | boolean | string[] | Record<string, boolean> | ScheduleWindow[];

/** One kind of value: how it is checked, and how an error names it. */
export interface KeyType {
  /** How a form asks for it. */
  readonly shape:
    'text' | 'folder' | 'secret' | 'switch' | 'list' | 'kinds' | 'windows' | 'choice' | 'number' | 'count';
  readonly schema: v.GenericSchema<unknown, ConfigValue>;
  readonly expects: string;
  /** Saved without a decimal point. */
  readonly whole?: true;
  /** A number beyond these is not used: the default is, with a warning. */
  readonly range?: { readonly min: number; readonly max: number };
  /** The only values there are, each with what a form calls it. */
  readonly options?: Readonly<Record<string, string>>;
}

/** As a studio gave it: opaque to us. */
export const opaque = { shape: 'text', schema: v.string(), expects: 'a string in quotes' } as const;
/** No path, address or name has one: the system refuses such a path at its use, and a terminal obeys it. */
const PlainTextSchema = v.pipe(v.string(), v.regex(/^\P{Cc}*$/u));
export const text = {
  shape: 'text',
  schema: PlainTextSchema,
  expects: 'a string in quotes, without control characters',
} as const;
/**
 * What only a shell or a browser would follow: `$home/x`, `/home/$USER`, `${HOME}`, `$(pwd)`, `%USERPROFILE%`, a URL, quotes
 * within the quotes. A folder would get that very name. In small letters and further on, `$cache` may well be one.
 */
const FOR_A_SHELL =
  /^\$[A-Za-z_]|(?:^|[/\\])(?:\$[A-Z_]{2,}(?![a-z])|\$[{(]|%[A-Za-z_]\w*%)|^[A-Za-z][\w+.-]+:\/\/|^["']/;
/** A path. Only a leading `~` stands for something else: a variable would name a folder that nobody meant. */
export const folder = {
  shape: 'folder',
  schema: v.pipe(
    PlainTextSchema,
    v.check((path) => !FOR_A_SHELL.test(path)),
  ),
  expects: 'a path in quotes; variables are not expanded, a leading `~` is',
} as const;
/** What an HTTP header can carry: visible ASCII (RFC 9110 §5.5), so anything else could never be presented. */
export const token = {
  shape: 'secret',
  schema: v.pipe(v.string(), v.regex(/^[\u0021-\u007E]*$/)),
  expects: 'visible ASCII characters in quotes, without spaces',
} as const;
export const flag = { shape: 'switch', schema: v.boolean(), expects: '`true` or `false`' } as const;
export const texts = {
  shape: 'list',
  schema: v.array(PlainTextSchema),
  expects: 'a list of strings in quotes',
} as const;
/** A table with a switch for each kind of task; a kind that is left out is on. */
export const kindSwitches = {
  shape: 'kinds',
  schema: v.record(TaskKindIdSchema, v.boolean()),
  expects: `a table of \`true\` and \`false\` for ${TASK_KIND_IDS.join(', ')}`,
} as const;
/** One of a few values, each with what a form calls it. */
/** Hours of the week, each in a table of its own; none at all means always. */
export const windows = {
  shape: 'windows',
  schema: ScheduleSchema,
  expects: 'windows with `from` and `to`, and where wanted `days` and `time_zone`',
} as const;
export const oneOf = <const Option extends string>(options: Readonly<Record<Option, string>>) =>
  ({
    shape: 'choice',
    schema: v.pipe(
      v.string(),
      v.guard((value): value is Option => Object.hasOwn(options, value)),
    ),
    expects: Object.keys(options)
      .map((option) => `"${option}"`)
      .join(' or '),
    options,
  }) as const;
export const amount = {
  shape: 'number',
  schema: v.pipe(
    v.union([v.number(), v.bigint()]), // people write `12`; it is saved as `12.0`, as other versions demand
    v.transform((value) => Number(value)),
    v.finite(),
    v.minValue(0),
  ),
  expects: 'a number, 0 or more',
} as const;
export const count = (max: bigint) =>
  ({
    shape: 'count',
    schema: v.pipe(
      v.bigint(),
      v.minValue(0n),
      v.maxValue(max),
      v.transform((value) => Number(value)),
    ),
    expects: `a whole number from 0 to ${max}`,
    whole: true,
  }) as const;
/** A number that other versions save beyond its bounds: the file stays readable, and the default counts. */
export const countWithin = (min: number, max: number) =>
  ({ ...count(U32_MAX), expects: `a whole number from ${min} to ${max}`, range: { min, max } }) as const;
export const U16_MAX = 0xffffn;
export const U32_MAX = 0xffff_ffffn;
export const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** All that is known of one key. */
export interface KeySpec {
  /** Where a window shows it; `undefined` for what the worker writes itself, which nobody else edits. */
  readonly group: ConfigGroup | undefined;
  /** What a window calls it, in a few words; on every key that has a group. */
  readonly name?: string;
  readonly type: KeyType;
  /** A key without one is absent until set. */
  readonly default?: string | number | boolean;
  /** `GB` is 10^9 bytes, `GiB` is 2^30: the contract counts GPU memory in GiB and calls it GB, as its keys do. */
  readonly unit?: 'GB' | 'GiB' | 'seconds' | 'attempts';
  readonly sentence: string;
  /** Never shown, never logged. */
  readonly secret?: true;
  /** A URL, shown without the parts that may hold a secret. */
  readonly url?: true;
  /**
   * When an edit counts: `live` at once in a running worker, `restart` from its next start. `unused` keys are read,
   * checked and kept for a later release, and change nothing in this one.
   */
  readonly applies: 'live' | 'restart' | 'unused';
}
