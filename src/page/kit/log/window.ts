import type { LogLevel } from '../log-row.tsx';

/** A line of a log; its category is what it can be filtered by. */
export interface ShownLine {
  readonly seq: number;
  readonly ts: string;
  readonly level: LogLevel;
  readonly category: string;
  readonly message: string;
  readonly jobId?: string;
}

export interface LogFilter {
  readonly level: 'all' | 'info' | 'warn' | 'error';
  readonly area: string | undefined;
  readonly search: string;
}

export const NO_LOG_FILTER: LogFilter = { level: 'all', area: undefined, search: '' };

/** As many as a browser lays out without lag. */
export const WINDOW_ROWS = 500;

/** The lines that a filter lets through, in their order. */
export function filterLines(lines: readonly ShownLine[], { level, area, search }: LogFilter): readonly ShownLine[] {
  const wanted = search.trim().toLowerCase();
  if (level === 'all' && area === undefined && wanted === '') return lines;
  return lines.filter(
    (line) =>
      (level === 'all' || line.level === level) &&
      (area === undefined || line.category === area) &&
      (wanted === '' || holds(line, wanted)),
  );
}

const holds = ({ category, message, jobId = '' }: ShownLine, wanted: string): boolean =>
  message.toLowerCase().includes(wanted) ||
  category.toLowerCase().includes(wanted) ||
  jobId.toLowerCase().includes(wanted);

/** What is shown of many lines: at most `WINDOW_ROWS`, and how many there are before and after them. */
export interface LogWindow {
  readonly rows: readonly ShownLine[];
  readonly earlier: number;
  readonly later: number;
}

/** The rows that end at a line of this sequence number, or at the newest while following. */
export function windowOf(lines: readonly ShownLine[], endSeq: number | undefined): LogWindow {
  const end = endSeq === undefined ? lines.length : lines.findLastIndex(({ seq }) => seq <= endSeq) + 1;
  const start = Math.max(0, end - WINDOW_ROWS);
  // A full window, also at the beginning of the log.
  const stop = Math.min(lines.length, Math.max(end, start + WINDOW_ROWS));
  return { rows: lines.slice(start, stop), earlier: start, later: lines.length - stop };
}

/** How many lines there are of the levels that somebody should look at. */
export function countLevels(lines: readonly ShownLine[]): { readonly warn: number; readonly error: number } {
  let [warn, error] = [0, 0];
  for (const { level } of lines) {
    if (level === 'warn') warn += 1;
    else if (level === 'error') error += 1;
  }
  return { warn, error };
}

export const areasOf = (lines: readonly ShownLine[]): readonly string[] =>
  [...new Set(lines.map(({ category }) => category))].toSorted();

/** A line as it is copied. */
export const lineText = ({ ts, level, category, message, jobId }: ShownLine): string =>
  [ts, level, category, message, ...(jobId === undefined ? [] : [jobId])].join(' ');
