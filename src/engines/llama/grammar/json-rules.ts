import { WorkerError } from '../../../base/errors.ts';
import { MAX_COUNTED_LENGTH, type NameRule, patternRule } from './pattern.ts';

/** The rules that every grammar has: JSON as it is (RFC 8259), written without superfluous blank space. */
export const JSON_RULES: readonly (readonly [name: string, body: string])[] = [
  ['blank', '" "?'],
  ['value', 'object | array | string | number | "true" | "false" | "null"'],
  ['object', '"{" (string ":" blank value ("," blank string ":" blank value)*)? "}"'],
  ['array', '"[" (value ("," blank value)*)? "]"'],
  ['string', '"\\"" char* "\\""'],
  ['char', '[^"\\\\\\x00-\\x1F\\x7F] | "\\\\" (["\\\\/bfnrt] | "u" hex hex hex hex)'],
  ['hex', '[0-9a-fA-F]'],
  ['digit', '[0-9]'],
  // As many digits as a number of sixty-four bits may be written with, so that none goes on for ever.
  ['natural', '("0" | [1-9] [0-9]{0,20})'],
  ['unsigned', 'natural ("." [0-9]{1,24})? ([eE] [-+]? [0-9]{1,3})?'],
  ['number', '"-"? unsigned'],
];

/** A value as the only text there is. */
export const literal = (value: unknown): string =>
  `"${JSON.stringify(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** What the author of a task can do about a schema that no grammar follows. */
export const SCHEMA_HINT = 'Use a satisfiable schema whose `$ref`s point inside it.';

/** What makes a schema useless for a grammar. */
export const invalidSchema = (because: string): WorkerError =>
  new WorkerError('task.invalid', because, { hint: SCHEMA_HINT });

/** A part of a schema that no value satisfies. What contains it may do without that part. */
export class NoValue extends WorkerError {
  constructor(because: string) {
    super('task.invalid', because, { hint: SCHEMA_HINT });
  }
}

type Keywords = Readonly<Record<string, unknown>>;

/*
 * Dates as RFC 3339 (§5.6) writes them. Which months have thirty days is left to the check of the result: a grammar that
 * knew would change the day that the model means.
 */
const DATE = 'digit digit digit digit "-" ("0" [1-9] | "1" [0-2]) "-" ("0" [1-9] | [12] digit | "3" [01])';
const MINUTES = '([01] digit | "2" [0-3]) ":" [0-5] digit';
const FRACTION = '("." digit{1,24})?';
/** A leap second is inserted at the end of a day in UTC; letters are small where somebody writes them so. */
const TIME = `(${MINUTES} ":" [0-5] digit ${FRACTION} ([Zz] | [-+] ${MINUTES}) | "23:59:60" ${FRACTION} [Zz])`;
const FORMATS: Readonly<Record<string, string>> = {
  date: DATE,
  time: TIME,
  'date-time': `${DATE} [Tt] ${TIME}`,
  uuid: ['8', '4', '4', '4', '12'].map((count) => `hex{${count}}`).join(' "-" '),
};

/** A string of a format, a pattern or a length. */
export function stringRule({ format, pattern, minLength, maxLength }: Keywords, named: NameRule): string {
  const known = typeof format === 'string' ? FORMATS[format] : undefined;
  if (known !== undefined) return `"\\"" ${known} "\\""`;
  const lengths = { min: countOf(minLength, 0), max: countOf(maxLength, Infinity) };
  const { max } = lengths;
  if (lengths.min > max) throw new NoValue('a part of it allows no text');
  const matching = typeof pattern === 'string' ? patternRule(pattern, named, lengths) : undefined;
  if (matching !== undefined) return matching;
  const min = Math.min(lengths.min, MAX_COUNTED_LENGTH);
  if (max <= MAX_COUNTED_LENGTH) return `"\\"" char{${min},${max}} "\\""`;
  return min === 0 ? 'string' : `"\\"" char{${min},} "\\""`;
}

/** A bound that is a count; any other is no rule that a grammar knows, and is left to the check of the result. */
export const countOf = (value: unknown, otherwise: number): number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : otherwise;

/** More alternatives than this make a grammar slow. */
const MAX_COUNTED = 256;

/** A number; integers between bounds that are close to each other are counted up. */
export function numberRule(schema: Keywords, type: 'number' | 'integer'): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const min = Math.max(bound(minimum, -Infinity), bound(exclusiveMinimum, -Infinity));
  const max = Math.min(bound(maximum, Infinity), bound(exclusiveMaximum, Infinity));
  const sign = min >= 0 ? '' : '"-"? ';
  if (type === 'number') return min >= 0 ? 'unsigned' : 'number';
  const from = min === exclusiveMinimum ? Math.floor(min) + 1 : Math.ceil(min);
  const to = max === exclusiveMaximum ? Math.ceil(max) - 1 : Math.floor(max);
  if (!(to - from < MAX_COUNTED)) return `${sign}natural`;
  if (to < from) throw new NoValue('a part of it allows no number');
  return `(${Array.from({ length: to - from + 1 }, (_, at) => `"${from + at}"`).join(' | ')})`;
}

const bound = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);
