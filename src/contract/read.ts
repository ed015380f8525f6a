import * as v from 'valibot';
import { parseJson } from './json.ts';

/** What a text that should hold a certain thing turned out to be. A problem names fields and never echoes a value. */
export type Read<T> =
  { readonly is: 'read'; readonly value: T } | { readonly is: 'unreadable'; readonly problem: string };

/** Reads a JSON text with a schema, past a byte order mark (RFC 8259, §8.1). Never throws. */
export function readJson<Schema extends v.GenericSchema>(schema: Schema, text: string): Read<v.InferOutput<Schema>> {
  let value: unknown;
  try {
    value = parseJson(text.replace(/^\uFEFF/, ''));
  } catch {
    return { is: 'unreadable', problem: 'not JSON' }; // the parser's own message can echo a secret
  }
  const parsed = v.safeParse(schema, value);
  return parsed.success
    ? { is: 'read', value: parsed.output }
    : { is: 'unreadable', problem: describeIssues(parsed.issues) };
}

/** Wrong fields that one line names. */
const MAX_ISSUES = 3;
/** Field names are the sender's, too: a path is cut before it fills a log. */
const MAX_PATH_CHARACTERS = 120;

/** One line for people: which fields are wrong and what was expected there. Never echoes a value. */
export function describeIssues(issues: readonly v.BaseIssue<unknown>[]): string {
  const shown = issues.slice(0, MAX_ISSUES).map(describeIssue).join('; ');
  const more = issues.length - MAX_ISSUES;
  return more > 0 ? `${shown}; and ${more} more` : shown;
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue) ?? 'value';
  return `${path.slice(0, MAX_PATH_CHARACTERS)}: ${expectation(issue)}`;
}

/** What should have stood there. Built from the schema's side of an issue only: `received` is the sender's. */
function expectation(issue: v.BaseIssue<unknown>): string {
  if (issue.type === 'check') return issue.message; // a sentence of ours
  if (issue.type === 'integer') return 'expected a whole number';
  if (issue.expected === 'never') return 'is unknown';
  if (issue.expected === null) return 'expected another value';
  if (issue.received === 'undefined' && issue.expected.startsWith('"')) return 'is missing';
  const expected = issue.expected.replace(/^\((.*)\)$/, '$1').replaceAll(' | ', ' or ');
  if (issue.received === 'undefined') return `is missing, expected ${expected}`;
  return issue.type.endsWith('_length') ? `expected a length ${expected}` : `expected ${expected}`;
}
