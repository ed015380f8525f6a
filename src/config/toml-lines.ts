/*
 * Edits of a TOML text line by line, so that comments, order and blanks stay. What comes out is read back by the caller:
 * a spelling that is not known here only makes the edit useless, never wrong.
 */

/** What TOML writes behind `key = `, or that for each key of a table. */
export type WrittenValue = string | ReadonlyMap<string, string>;

/** The text with one top-level key set or, by undefined, taken out. */
export function editKey(text: string, key: string, value: WrittenValue | undefined): string {
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  if (removeTables(lines, key) && value === undefined) return lines.join(end);
  const header = lines.findIndex((line) => headerOf(line) === key);
  if (header >= 0 && typeof value !== 'string') editTable(lines, header, value ?? new Map());
  else if (header < 0 && value !== undefined && typeof value !== 'string') addTable(lines, key, value);
  else if (value === undefined || typeof value === 'string') editLine(lines, { from: 0, to: topOf(lines), key }, value);
  if (header >= 0 && value === undefined) lines.splice(header, 1);
  return lines.join(end);
}

/** Some lines of a file, and the key that is looked for there. */
interface Search {
  readonly from: number;
  readonly to: number;
  readonly key: string;
}

/** `key = ` with its value, when that ends on the same line, and what follows: blanks or a comment. */
const ASSIGNMENT =
  /^(\s*([A-Za-z0-9_-]+)\s*=\s*)("(?:[^"\\]|\\.)*"|'[^']*'|\{[^{}"']*\}|\[(?:[^"'#]|"(?:[^"\\]|\\.)*"|'[^']*')*\]|[^\s#"'[{][^\s#]*)(\s*(?:#.*)?)$/;

const keyOf = (line: string): string | undefined => ASSIGNMENT.exec(line)?.[2];
const headerOf = (line: string): string | undefined => /^\s*\[\s*([A-Za-z0-9_-]+)\s*\]\s*(?:#.*)?$/.exec(line)?.[1];
const isHeader = (line: string): boolean => /^\s*\[/.test(line);

/** Where the keys of no table end. */
const topOf = (lines: readonly string[]): number => endOf(lines, 0);

function endOf(lines: readonly string[], from: number): number {
  const header = lines.findIndex((line, index) => index >= from && isHeader(line));
  return header < 0 ? lines.length : header;
}

/** Takes out every table of a list, with what it holds; what comes in its place stands on one line. */
function removeTables(lines: string[], key: string): boolean {
  const header = new RegExp(`^\\s*\\[\\[\\s*${RegExp.escape(key)}\\s*\\]\\]`);
  let found = false;
  for (
    let at = lines.findIndex((line) => header.test(line));
    at >= 0;
    at = lines.findIndex((line) => header.test(line))
  ) {
    found = true;
    const to = endOf(lines, at + 1);
    const last = lines.findLastIndex((line, row) => row >= at && row < to && /^\s*[^\s#]/.test(line));
    lines.splice(at, Math.max(last, at) + 1 - at);
  }
  return found;
}

function editLine(lines: string[], { from, to, key }: Search, value: string | undefined): void {
  const at = lines.findIndex((line, index) => index >= from && index < to && keyOf(line) === key);
  if (value === undefined) {
    if (at >= 0) lines.splice(at, 1);
  } else if (at >= 0) {
    const [, start = '', , , rest = ''] = ASSIGNMENT.exec(lines[at] ?? '') ?? [];
    lines[at] = `${start}${value}${rest}`;
  } else {
    lines.splice(afterLastKey(lines, from, to), 0, `${key} = ${value}`);
  }
}

/** Sets what a table holds, below its header: each of its keys, and none beside them. */
function editTable(lines: string[], header: number, values: ReadonlyMap<string, string>): void {
  const from = header + 1;
  const present = lines.slice(from, endOf(lines, from)).flatMap((line) => keyOf(line) ?? []);
  for (const key of new Set([...present, ...values.keys()])) {
    editLine(lines, { from, to: endOf(lines, from), key }, values.get(key));
  }
}

/** A table that is not in the file as one of its own: where it stands on one line it stays there, else it comes last. */
function addTable(lines: string[], key: string, values: ReadonlyMap<string, string>): void {
  const pairs = [...values].map(([part, value]) => `${part} = ${value}`);
  const top = topOf(lines);
  if (lines.slice(0, top).some((line) => keyOf(line) === key)) {
    return editLine(lines, { from: 0, to: top, key }, `{ ${pairs.join(', ')} }`);
  }
  const last = lines.findLastIndex((line) => line.trim() !== '');
  lines.splice(last + 1, 0, ...(last >= 0 ? [''] : []), `[${key}]`, ...pairs);
  if (lines.at(-1) !== '') lines.push('');
}

/** Where a new key goes: below the last one, above the blank lines and comments that belong to a table's header. */
function afterLastKey(lines: readonly string[], from: number, to: number): number {
  const isWithin = (index: number): boolean => index >= from && index < to;
  const filled = lines.findLastIndex((line, at) => isWithin(at) && line.trim() !== '' && !/^\s*#/.test(line));
  if (filled >= 0) return filled + 1;
  return Math.max(from, lines.findLastIndex((line, at) => isWithin(at) && line.trim() !== '') + 1);
}
