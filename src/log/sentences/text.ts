import { formatBytes, formatDuration } from '../../base/units.ts';
import { toJsonText } from '../json-text.ts';
import type { Fields } from '../logger.ts';

/** How an event reads to people and to the studio. */
export interface Sentence {
  /** The area's own where there is none. */
  readonly category?: string;
  readonly message: (fields: Fields) => string;
}

/** Sentences by the names of events. */
export type Sentences = Readonly<Record<string, Sentence>>;

/** A sentence filed under the category of its area. */
export const own = (message: (fields: Fields) => string): Sentence => ({ message });

/** A fact as it stands in a sentence; a missing one shows as `?` rather than as a gap. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '?';
  if (Array.isArray(value)) return `[${value.map(text).join(', ')}]`;
  return value instanceof Error ? value.message : toJsonText(value);
}

// Numbers read well only with their unit; anything else is shown as it came, since a log line must not fail.
export const oneDecimal = (value: unknown): string => (typeof value === 'number' ? value.toFixed(1) : text(value));
export const duration = (value: unknown): string => (typeof value === 'number' ? formatDuration(value) : text(value));
export const size = (value: unknown): string => (typeof value === 'number' ? formatBytes(value) : text(value));
/** The items of a list, each as `text` shows it; none for anything else. */
export const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(text) : []);
export const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

/** `: <hint>`-like tails: nothing where the fact is missing. */
export const ifKnown = (value: unknown, shown: (known: string) => string): string =>
  value === undefined || value === null || value === '' ? '' : shown(text(value));
