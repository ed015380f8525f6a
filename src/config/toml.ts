import { editKey, type WrittenValue } from './toml-lines.ts';
import { parse, stringify, TomlDate, TomlError, type TomlTable, type TomlValue } from 'smol-toml';

export type { TomlTable, TomlValue };

/** Values to write; `undefined` takes the key out. */
export type TomlChanges = Readonly<Record<string, TomlValue | undefined>>;

/** Where a text stops being TOML, and why. The parser's own message also quotes the text, which may be a secret. */
export type TomlReading =
  | { readonly is: 'table'; readonly table: TomlTable }
  | { readonly is: 'broken'; readonly line: number; readonly column: number; readonly because: string };

/** Whole numbers arrive as `bigint`, numbers with a point as `number`: TOML keeps them apart, and so do we. */
export function parseToml(text: string): TomlReading {
  try {
    return { is: 'table', table: parse(withoutMark(text), { integersAsBigInt: true }) };
  } catch (thrown) {
    if (!(thrown instanceof TomlError)) throw thrown;
    const because = (thrown.message.split('\n')[0] ?? '').replace('Invalid TOML document: ', '');
    return { is: 'broken', line: thrown.line, column: thrown.column, because };
  }
}

export function writeToml(table: TomlTable): string {
  return stringify(table, { numbersAsFloat: true });
}

/**
 * The text with some top-level keys changed and everything else as the operator left it: comments, blank lines, order,
 * unknown keys, line ends. A table is changed key by key.
 *
 * Lines are edited one by one and the result is read back. If it does not parse to exactly the expected table (a key inside a
 * multi-line text, a quoted or dotted spelling), the whole file is rewritten: every value survives, comments do not.
 *
 * @param text valid TOML
 */
export function editToml(text: string, changes: TomlChanges): string {
  const before = parseToml(text);
  const table = before.is === 'table' ? before.table : {};
  const expected: Record<string, TomlValue> = { ...table };
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) delete expected[key];
    else expected[key] = value;
  }
  const edited = Object.entries(changes).reduce((at, [key, value]) => editKey(at, key, written(key, value)), text);
  const after = parseToml(edited);
  return after.is === 'table' && isSame(after.table, expected) ? edited : writeToml(expected);
}

/** A value as the lines of the file get it: text, or the text of each key of a table. */
function written(key: string, value: TomlValue | undefined): WrittenValue | undefined {
  if (value === undefined) return undefined;
  if (isTableList(value)) return `[${value.map(inline).join(', ')}]`;
  if (!isTable(value)) return writeValue(key, value);
  return new Map(Object.entries(value).map(([part, inner]) => [part, writeValue(part, inner)]));
}

/** A list of tables on one line: a header for each would stand behind every other key. */
const inline = (table: TomlTable): string =>
  `{ ${Object.entries(table)
    .map(([key, value]) => `${key} = ${writeValue(key, value)}`)
    .join(', ')} }`;

const isTableList = (value: TomlValue): value is TomlTable[] =>
  Array.isArray(value) && value.length > 0 && value.every(isTable);

const writeValue = (key: string, value: TomlValue): string =>
  writeToml({ [key]: value })
    .slice(key.length + 3)
    .trimEnd();

const isTable = (value: TomlValue): value is TomlTable =>
  typeof value === 'object' && !Array.isArray(value) && !(value instanceof TomlDate);

/** Windows' Notepad begins a file with a byte order mark, which TOML does not know. */
const withoutMark = (text: string): string => (text.startsWith('\uFEFF') ? text.slice(1) : text);

/** Whether two values are equal. The order of keys does not matter, the difference of 1 and 1.0 does. */
function isSame(one: TomlValue | undefined, other: TomlValue | undefined): boolean {
  if (typeof one !== 'object' || typeof other !== 'object') return Object.is(one, other);
  if (one instanceof TomlDate || other instanceof TomlDate) {
    return one instanceof TomlDate && other instanceof TomlDate && one.toISOString() === other.toISOString();
  }
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const left = Object.entries(one);
  const right = new Map(Object.entries(other));
  return left.length === right.size && left.every(([key, value]) => right.has(key) && isSame(value, right.get(key)));
}
