import { TASK_KIND_IDS } from '../contract/tasks/index.ts';
import { specOf } from './schema.ts';
import type { ValueProblem } from './values/value-problem.ts';

/** A line and a column of a text, counted from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** What a window of the schedule holds; none of it is secret. */
const WINDOW_FIELDS: ReadonlySet<string> = new Set(['days', 'from', 'to', 'time_zone']);
const HIDDEN = '[redacted]';

/**
 * The lines around a position with a caret below it, for people.
 *
 * The file holds secrets, and it is shown because it is broken, so nothing can be taken for granted: a value is shown only
 * when its line plainly sets one known key that is no secret.
 */
export function showPosition(text: string, position: TextPosition): string {
  const lines = text.split(/\r?\n/);
  const width = String(Math.min(position.line + 1, lines.length)).length;
  const shown: string[] = [];
  for (let at = Math.max(1, position.line - 1); at <= Math.min(lines.length, position.line + 1); at++) {
    const line = safeLine(lines[at - 1] ?? '');
    shown.push(`${String(at).padStart(width)} | ${line}`.trimEnd());
    if (at !== position.line) continue;
    // The caret stays below the line even where hiding a value made it shorter.
    const column = Math.min(position.column, line.length + 1);
    shown.push(`${' '.repeat(width)} | ${' '.repeat(Math.max(0, column - 1))}^`);
  }
  return shown.join('\n');
}

/** Where a top-level key is set, or a part of the table that it is, for a value that is TOML but not what the key takes. */
export function positionOfKey(
  text: string,
  key: string,
  { part, index }: Partial<Pick<ValueProblem, 'part' | 'index'>> = {},
): TextPosition | undefined {
  const lines = text.split(/\r?\n/);
  if (index !== undefined) return positionInTables(lines, key, { part, index }) ?? positionOfKey(text, key);
  const inside = part === undefined ? undefined : positionOfPart(lines, key, part);
  if (inside !== undefined) return inside;
  const at = lines.findIndex((line) => new RegExp(`^\\s*["']?${key}["']?\\s*=`).test(line));
  const column = /=\s*/.exec(lines[at] ?? '');
  return at < 0 || column === null ? undefined : { line: at + 1, column: column.index + column[0].length + 1 };
}

/** Below the header of the table, behind its name and a point, or in braces on one line. */
function positionOfPart(lines: readonly string[], key: string, part: string): TextPosition | undefined {
  const name = `["']?${RegExp.escape(part)}["']?\\s*=`;
  const [header, below, dotted, inBraces] = [
    new RegExp(`^\\s*\\[\\s*${key}\\s*\\]`),
    new RegExp(`^\\s*(?=${name})`),
    new RegExp(`^\\s*${key}\\s*\\.\\s*(?=${name})`),
    new RegExp(`^\\s*${key}\\s*=\\s*\\{(?:.*[{,\\s])?(?=${name})`),
  ];
  let isInside = false;
  for (const [index, line] of lines.entries()) {
    if (/^\s*\[/.test(line)) isInside = header.test(line);
    const found = isInside ? below.exec(line) : (dotted.exec(line) ?? inBraces.exec(line));
    if (found !== null) return { line: index + 1, column: found[0].length + 1 };
  }
  return undefined;
}

/** In one of the tables that share a name, by its place among them; its header where the part is not there. */
function positionInTables(
  lines: readonly string[],
  key: string,
  { part = '', index }: Pick<ValueProblem, 'part' | 'index'>,
): TextPosition | undefined {
  const header = new RegExp(`^\\s*\\[\\[\\s*${key}\\s*\\]\\]`);
  const starts = lines.flatMap((line, at) => (header.test(line) ? [at] : []));
  const start = starts[index ?? 0];
  if (start === undefined) return undefined;
  const end = lines.findIndex((line, at) => at > start && /^\s*\[/.test(line));
  const name = new RegExp(`^\\s*["']?${RegExp.escape(part)}["']?\\s*=`);
  const at = lines.findIndex((line, row) => row > start && (end < 0 || row < end) && name.test(line));
  if (at < 0) return { line: start + 1, column: 1 };
  return { line: at + 1, column: (/^\s*/.exec(lines[at] ?? '')?.[0].length ?? 0) + 1 };
}

function safeLine(line: string): string {
  const [, start = '', key = '', value = ''] = /^(\s*(?:kinds\s*\.\s*)?([A-Za-z0-9_-]+)\s*=\s*)(.*)$/.exec(line) ?? [];
  if (key === '') return /^\s*(\[{1,2}[\w.-]*\]{1,2}\s*)?$/.test(line) ? line : HIDDEN;
  const spec = specOf(key);
  const isPart = WINDOW_FIELDS.has(key) || TASK_KIND_IDS.some((kind) => kind === key);
  const isKnown = isPart || (spec !== undefined && !spec.secret);
  const plain = isKnown && !/token|secret|@|\?|:\/\/\S*#/i.test(value);
  return plain ? line : `${start}${HIDDEN}`;
}
