import type { LogEntry } from '../contract/log-entry.ts';
import { AREAS, LEVELS, type LogEvent } from './logger.ts';
import { toLogEntry } from './message.ts';

/** The lines of a log that was written as JSON, oldest first, as the running worker would show them. What is no line is left out. */
export const logEntriesIn = (text: string): readonly LogEntry[] =>
  text.split('\n').flatMap((line) => {
    const event = eventIn(line);
    const entry = event && toLogEntry(event);
    return entry === undefined ? [] : [entry];
  });

function eventIn(line: string): LogEvent | undefined {
  const value = parse(line);
  if (typeof value !== 'object' || value === null) return undefined;
  const { ts, level: named, area: of, event, ...fields }: Readonly<Record<string, unknown>> = { ...value };
  const at = typeof ts === 'string' ? Date.parse(ts) : Number.NaN;
  const level = LEVELS.find((known) => known === named);
  const area = AREAS.find((known) => known === of);
  if (Number.isNaN(at) || level === undefined || area === undefined || typeof event !== 'string') return undefined;
  return { at, level, area, event, fields };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined; // the last line of a process that was killed
  }
}
