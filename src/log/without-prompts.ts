import { errorChain } from '../base/errors.ts';
import type { Fields } from './logger.ts';

/** Text of a studio's customer never goes into error reports. */
const PROMPT_NAMES = /^(?:prompt|prompts|promptpreview|negativeprompt|text|messages|content|transcript)$/;

/** The facts without anything a customer wrote, at any depth. Circles are cut. */
export const withoutPrompts = (fields: Fields): Fields => Object.fromEntries(keptEntries(fields, new Set()));

function keptEntries(value: object, above: ReadonlySet<object>): [string, unknown][] {
  const path = new Set(above).add(value);
  return Object.entries(value)
    .filter(([name]) => !PROMPT_NAMES.test(name.toLowerCase().replaceAll(/[^a-z]/g, '')))
    .map(([name, inner]: [string, unknown]) => [name, withoutPromptsInside(inner, path)]);
}

function withoutPromptsInside(value: unknown, above: ReadonlySet<object>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (above.has(value)) return '[circular]';
  // An error's own fields may hold anything; its messages are ours.
  if (value instanceof Error) return errorChain(value);
  if (Array.isArray(value))
    return value.map((inner: unknown) => withoutPromptsInside(inner, new Set(above).add(value)));
  return Object.fromEntries(keptEntries(value, above));
}
