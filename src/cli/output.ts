import type { Terminal } from '../system/terminal.ts';
import { cutToWidth, onOneLine, padToWidth, textWidth } from './view/text-width.ts';

declare global {
  interface JSON {
    /** A value that is written as these very characters (ECMAScript, JSON.parse source text access). */
    rawJSON(text: string): object;
  }
}

/** Prints lines of a result on stdout. */
export function printLines(terminal: Terminal, ...lines: readonly string[]): void {
  terminal.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

/**
 * Prints a result for programs. Keys keep the order they were given in, absent ones are left out, and a long integer
 * keeps all its digits.
 */
export function printJson(terminal: Terminal, value: unknown, indent: 0 | 2 = 2): void {
  const digits = (_key: string, inner: unknown): unknown =>
    typeof inner === 'bigint' ? JSON.rawJSON(inner.toString()) : inner;
  terminal.stdout.write(`${JSON.stringify(value, digits, indent)}\n`);
}

/** Prints a failure on stderr, its first word in red where there are colours. */
export function printFailure({ stderr }: Terminal, text: string): void {
  stderr.write(stderr.colourDepth > 1 ? text.replace(/^error:/, '\u001B[31merror:\u001B[39m') : text);
}

/** Cells as they are printed; `columns` are its heads. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Prints a table on stdout; on a terminal its last column is cut where the screen ends. */
export function printTable(terminal: Terminal, table: Table): void {
  const { isTty, columns, colourDepth } = terminal.stdout;
  const [head = '', ...rows] = tableLines(table, isTty ? columns : undefined);
  printLines(terminal, colourDepth > 1 ? `\u001B[1m${head}\u001B[22m` : head, ...rows);
}

/** A table as lines, its head first. Cells are foreign text, so each is kept to its own line. */
export function tableLines({ columns, rows }: Table, screenWidth?: number): readonly string[] {
  const cells = [columns, ...rows].map((row) => row.map(onOneLine));
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => textWidth(row[at] ?? ''))));
  return cells.map((row) => {
    const line = columns
      .map((_, at) => padToWidth(row[at] ?? '', widths[at] ?? 0))
      .join('  ')
      .trimEnd();
    return screenWidth === undefined ? line : cutToWidth(line, screenWidth);
  });
}

/** One fact per line, labels in a column of twenty: the form `status` is documented in. */
export const factLine = (label: string, value: string): string => `${`${label}:`.padEnd(LABEL_WIDTH)}${value}`;
const LABEL_WIDTH = 20;
