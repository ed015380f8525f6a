import * as v from 'valibot';
import { WorkerError } from '../base/errors.ts';
import { shownUrl } from '../base/urls.ts';
import { positionOfKey, showPosition, type TextPosition } from './text-position.ts';
import { misspeltKeys } from './from-text.ts';
import type { ConfigValue } from './key-types.ts';
import { type Config, type ConfigKey, type ConfigPatch, KEYS, specOf } from './schema.ts';
import { type ValueProblem, valueProblem } from './values/value-problem.ts';
import { editToml, parseToml, type TomlTable, type TomlValue, writeToml } from './toml.ts';

/** What `~` expands to. */
export interface Folders {
  /** Empty when the account has none. */
  readonly homeDir: string;
  readonly tempDir: string;
}

/**
 * Reads a config file's text. Unknown keys are ignored, absent ones get their default, an empty text counts as
 * absent, and a leading `~` of `models_root` becomes the home folder, here and nowhere else.
 *
 * @throws WorkerError `config.invalid` with path, line, column and caret, and without any secret the file holds
 */
export function readConfig(text: string, path: string, folders: Folders, warn: WarnOfValue = () => {}): Config {
  const table = readTable(text, path);
  const values: Record<string, ConfigValue> = {};
  const wrong: Problem[] = [];
  for (const key of KEYS) {
    const read = readValue(key, table, text);
    if (read.is === 'wrong') wrong.push(read);
    const value = read.is === 'wrong' ? undefined : withinRange(key, read.value, warn);
    if (value !== undefined) values[key] = value;
  }
  if (wrong.length > 0) throw invalidAll({ path, text }, [...wrong, ...misspelt(text)]);
  if (typeof values['models_root'] === 'string') values['models_root'] = expandHome(values['models_root'], folders);
  if (!isConfig(values)) throw new WorkerError('internal', 'a config key with a default was left out');
  return values;
}

/** Called for a value that is not used, with why and what is used instead. */
export type WarnOfValue = (problem: { readonly key: string; readonly value: number; readonly because: string }) => void;

function withinRange(key: string, value: Value, warn: WarnOfValue): Value {
  const spec = specOf(key);
  const range = spec?.type.range;
  if (range === undefined || typeof value !== 'number' || (value >= range.min && value <= range.max)) return value;
  warn({ key, value, because: `${key} takes ${spec?.type.expects}; ${spec?.default} is used` });
  return spec?.default;
}

/** What a config file holds, whatever it is. @throws WorkerError `config.invalid` when it is no TOML */
export function readTable(text: string, path: string): TomlTable {
  const reading = parseToml(text);
  // The parser's error is not kept as the cause: its message quotes the file, secrets included.
  if (reading.is === 'broken') throw invalid({ path, text, problem: reading.because, position: reading });
  return reading.table;
}

/** One thing that is wrong with a file, and where. */
interface Problem {
  readonly problem: string;
  readonly position: TextPosition | undefined;
}

function readValue(
  key: string,
  table: TomlTable,
  text: string,
): { readonly is: 'read'; readonly value: Value } | ({ readonly is: 'wrong' } & Problem) {
  const spec = specOf(key);
  const given = Object.hasOwn(table, key) ? table[key] : undefined;
  if (given === undefined || given === '') return { is: 'read', value: spec?.default };
  const parsed = v.safeParse(spec?.type.schema ?? v.never(), given);
  if (parsed.success) return { is: 'read', value: parsed.output };
  const problem: ValueProblem =
    spec === undefined ? { because: `${key} is unknown`, part: undefined } : valueProblem(key, spec.type, given);
  return { is: 'wrong', problem: problem.because, position: positionOfKey(text, key, problem) };
}

/** A key that is none of ours is no reason to refuse a file, but most likely what else its author has to correct. */
const misspelt = (text: string): readonly Problem[] =>
  misspeltKeys(text).map(({ key, meant }) => {
    const line = positionOfKey(text, key)?.line;
    const position = line === undefined ? undefined : { line, column: 1 };
    return { problem: `${key} is not a key of the config; did you mean ${meant}?`, position };
  });

/** All of them in one refusal, in the order of the file: one run shows every mistake. */
function invalidAll(file: { readonly path: string; readonly text: string }, problems: readonly Problem[]): WorkerError {
  const lineOf = ({ position }: Problem): number => position?.line ?? 0;
  const [first, ...others] = problems.toSorted((one, other) => lineOf(one) - lineOf(other));
  const more = others.map(({ problem, position }) => `\n${placeOf(file.path, position)}: ${problem}`).join('');
  return invalid({ ...file, problem: first?.problem ?? '', position: first?.position, more });
}

const placeOf = (path: string, position: TextPosition | undefined): string =>
  position === undefined ? path : `${path}:${position.line}:${position.column}`;

function invalid(what: {
  readonly path: string;
  readonly text: string;
  readonly problem: string;
  readonly position: TextPosition | undefined;
  /** What else is wrong, a line each. */
  readonly more?: string;
}): WorkerError {
  const { path, text, problem, position, more = '' } = what;
  const where = placeOf(path, position);
  const block = position === undefined ? '' : `\n\n${showPosition(text, position)}`;
  return new WorkerError('config.invalid', `${where}: ${problem}${block}${more === '' ? '' : `\n${more}`}`, {
    hint: `Correct ${position === undefined ? 'the file' : `line ${position.line}`}. Or rename the file: the worker then makes a new one, and asks a studio for approval again.`,
    fields: { path, ...(position !== undefined && { line: position.line, column: position.column }) },
  });
}

/** True once every key with a default is there; each value was read by its own schema before. */
function isConfig(values: object): values is Config {
  return KEYS.every((key) => key in values || specOf(key)?.default === undefined);
}

function expandHome(path: string, { homeDir, tempDir }: Folders): string {
  if (path !== '~' && !/^~[/\\]/.test(path)) return path;
  if (homeDir === '') return `${tempDir}/studio-worker-models`;
  return `${homeDir}${path.slice(1)}`;
}

/** The text with the patch's keys set or taken out, and everything else untouched. */
export function patchText(text: string, patch: ConfigPatch): string {
  const changes = Object.entries(patch).map(([key, value]) => [key, toToml(key, value)] as const);
  return editToml(text, Object.fromEntries(changes));
}

/** The text of a first config file: every key with a default, each below a comment that explains it. */
export function freshText(patch: ConfigPatch): string {
  const lines = KEYS.flatMap((key) => {
    const spec = specOf(key);
    const value = toToml(key, patch[key] ?? spec?.default);
    const unit = spec?.unit === undefined ? '' : ` In ${spec.unit}.`;
    const unused = spec?.applies === 'unused' ? ' Not used in this release.' : '';
    return value === undefined ? [] : [`# ${spec?.sentence}${unit}${unused}\n${writeToml({ [key]: value })}`];
  });
  return lines.join('\n');
}

/** The config as the `config` command prints it: `# <path>`, then TOML, secrets never. */
export function renderConfig(path: string, config: Config): string {
  const table: Record<string, TomlValue> = {};
  for (const key of KEYS) {
    const value = toToml(key, shownValue(key, config[key]));
    if (value !== undefined) table[key] = value;
  }
  return `# ${path}\n${writeToml(table)}`;
}

/** The config as data under the file's own keys, secrets never. */
export const shownFacts = (config: Config): Readonly<Record<string, unknown>> =>
  Object.fromEntries(KEYS.filter((key) => config[key] !== undefined).map((key) => [key, shownValue(key, config[key])]));

/** One value as data and as TOML, a secret masked. */
export function shownEntry(key: ConfigKey, config: Config): { readonly value: unknown; readonly text: string } {
  const value = shownValue(key, config[key]);
  const toml = toToml(key, value);
  return { value, text: toml === undefined ? '' : writeToml({ [key]: toml }).trimEnd() };
}

type Value = ConfigValue | undefined;

/** A value as it may be shown: a secret not at all, a URL without what may be one. */
function shownValue(key: string, value: Value): Value {
  const spec = specOf(key);
  if (spec?.secret && value !== undefined) return '[redacted]';
  return spec?.url && typeof value === 'string' ? shownUrl(value) : value;
}

/** Whole numbers become `bigint`, so that they are written without a decimal point. */
function toToml(key: string, value: Value): TomlValue | undefined {
  return typeof value === 'number' && specOf(key)?.type.whole ? BigInt(value) : value;
}
