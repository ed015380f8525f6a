import { KIB } from '../base/units.ts';
import type { Fields } from './logger.ts';

export const REDACTED = '[redacted]';

/**
 * Removes secrets from what is about to be logged, by the name of a field and by the text of a known secret, and cuts what
 * is too long to keep.
 */
export interface Redactor {
  /** The same object when nothing had to go, otherwise a copy. Never throws, whatever the fields hold. */
  redact(fields: Fields): Fields;
  /** The same for a bare text. */
  redactText(text: string): string;
  /** From now on this text is blanked wherever it turns up. Texts under four characters are left to the field names. */
  learn(secret: string): void;
}

/** Shorter ones would blank ordinary words. */
const MIN_SECRET_LENGTH = 4;
/** Deeper than any honest log field; keeps a hostile one from exhausting the stack. */
const MAX_DEPTH = 32;
/** A studio's text ends up in lines that are kept by the thousand: no honest fact is longer. */
const MAX_TEXT_LENGTH = 4 * KIB;
/** No honest list is longer either. */
const MAX_ITEMS = 100;
const CUT = '… [cut]';
/** Names come from our own code, so there are few; a peer's object must not make this cache grow. */
const MAX_NAMES = 2_000;

/** Spelled any way: `auth_token`, `authToken`, `Auth-Token`. A tokenizer is no token. */
const SECRET_NAME = /token(?!i[sz])|secret|passw|authorization|credential|cookie|apikey|dsn$/;
/** Counts (`maxTokens`) are no secrets. */
const COUNT_NAME = /tokens/;
/**
 * Secrets that are recognised without being known: a bearer header (RFC 6750), a URL's user part (RFC 3986 §3.2.1), and
 * the parameters by which stores sign URLs and services take keys.
 */
const BEARER = String.raw`\bBearer\s+[\w.~+/-]+=*`;
const USER = String.raw`:\/\/[^\s\/?#@\"]+@`;
const PARAMETER = String.raw`[?&](?:x-(?:amz|goog)-(?:signature|credential|security-token)|sig|signature|(?:access_|auth_)?token|api[-_]?key|key|secret|password)=[^&\s"'<>]+`;
const RECOGNISED = `${BEARER}|${USER}|${PARAMETER}`;

/** The replacement for a recognised secret, with the part of it that says what it was. */
function inPlaceOf(hit: string): string {
  if (hit.startsWith('://')) return `://${REDACTED}@`;
  const [parameter] = /^[?&][\w-]+=/.exec(hit) ?? [];
  return `${parameter ?? ''}${REDACTED}`;
}

/** A redactor that knows secrets by name, and by value once it has learnt them. */
export function createRedactor(): Redactor {
  const secrets = new Set<string>();
  const isSecretName = rememberSecretNames();
  let pattern = new RegExp(RECOGNISED, 'i');
  let known: RegExp | undefined;

  const cleanText = (text: string): string => {
    if (!pattern.test(text)) return text;
    const clean = text.replaceAll(new RegExp(pattern, `${pattern.flags}g`), inPlaceOf);
    // A cut can join two halves into a secret. Then nothing of the text is worth the risk.
    return known?.test(clean) === true ? REDACTED : clean;
  };
  const walk: Walk = {
    isSecret: (name, value) =>
      value !== undefined &&
      value !== null &&
      typeof value !== 'boolean' &&
      isSecretName(name) &&
      !(typeof value === 'number' && COUNT_NAME.test(name.toLowerCase())),
    cleanText: (text) => cut(cleanText(text)), // in this order: half a secret would not be known again
  };

  return {
    redact(fields) {
      try {
        return isDirty(fields, walk, new Set(), 0) ? cleanRecord(fields, walk, new Map(), 0) : fields;
      } catch {
        return { unreadable: true }; // a getter or proxy threw: logging nothing is safe
      }
    },
    redactText: cleanText,
    learn(secret) {
      if (secret.length < MIN_SECRET_LENGTH || REDACTED.includes(secret)) return;
      for (const form of spellings(secret)) secrets.add(form);
      const texts = [...secrets].toSorted((a, b) => b.length - a.length).map((text) => RegExp.escape(text));
      known = new RegExp(texts.join('|'));
      // Known secrets keep their case; only the patterns are matched without it.
      pattern = new RegExp(`${texts.join('|')}|(?i:${RECOGNISED})`);
    },
  };
}

/** Whether a name is that of a secret, found out once for each. */
function rememberSecretNames(): (name: string) => boolean {
  const names = new Map<string, boolean>();
  return (name) => {
    const seen = names.get(name);
    if (seen !== undefined) return seen;
    const secret = SECRET_NAME.test(name.toLowerCase().replaceAll(/[^a-z]/g, ''));
    if (names.size < MAX_NAMES) names.set(name, secret);
    return secret;
  };
}

/** Short enough to be kept; what was cut once stays as it is. */
const cut = (text: string): string =>
  text.length <= MAX_TEXT_LENGTH ? text : `${text.slice(0, MAX_TEXT_LENGTH - CUT.length).toWellFormed()}${CUT}`;

/** A secret as it stands, inside a URL, and inside a JSON text. */
const spellings = (secret: string): readonly string[] => [
  secret,
  encodeURIComponent(secret.toWellFormed()),
  JSON.stringify(secret).slice(1, -1),
];

interface Walk {
  readonly isSecret: (name: string, value: unknown) => boolean;
  readonly cleanText: (text: string) => string;
}

/** Whether anything must go. Allocates nothing for the flat fields most events have. */
function isDirty(value: unknown, walk: Walk, seen: Set<object>, depth: number): boolean {
  if (typeof value === 'string') return walk.cleanText(value) !== value;
  if (typeof value !== 'object' || value === null || seen.has(value) || ArrayBuffer.isView(value)) return false;
  if (depth > MAX_DEPTH || (Array.isArray(value) && value.length > MAX_ITEMS)) return true;
  seen.add(value);
  const json = jsonOf(value);
  if (json !== value) return isDirty(json, walk, seen, depth + 1);
  return entriesOf(value).some(
    ([name, inner]) =>
      walk.isSecret(name, inner) || walk.cleanText(name) !== name || isDirty(inner, walk, seen, depth + 1),
  );
}

function clean(value: unknown, walk: Walk, copies: Map<object, unknown>, depth: number): unknown {
  if (typeof value === 'string') return walk.cleanText(value);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (copies.has(value)) return copies.get(value);
  if (depth > MAX_DEPTH) return REDACTED;
  const json = jsonOf(value);
  if (json !== value) return clean(json, walk, copies, depth + 1);
  if (!Array.isArray(value)) return cleanRecord(value, walk, copies, depth);
  const copy: unknown[] = [];
  copies.set(value, copy);
  const fits = value.length <= MAX_ITEMS;
  for (const inner of fits ? value : value.slice(0, MAX_ITEMS - 1)) copy.push(clean(inner, walk, copies, depth + 1));
  if (!fits) copy.push(CUT);
  return copy;
}

/** The copy is known before it is filled, so that a circle stays a circle. */
function cleanRecord(value: object, walk: Walk, copies: Map<object, unknown>, depth: number): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  copies.set(value, copy);
  for (const [name, inner] of entriesOf(value)) {
    const kept = walk.isSecret(name, inner) ? REDACTED : clean(inner, walk, copies, depth + 1);
    // Defined, not assigned: a field named `__proto__` must stay a field.
    Object.defineProperty(copy, walk.cleanText(name), { value: kept, enumerable: true, configurable: true });
  }
  return copy;
}

/** The entries of an object, which for an error include what it does not list. */
function entriesOf(value: object): readonly (readonly [string, unknown])[] {
  if (value instanceof Map) return [...value].map(([name, inner]) => [String(name), inner] as const);
  if (value instanceof Set) return [...value].map((inner, at) => [String(at), inner] as const);
  const listed = Object.entries(value);
  if (!(value instanceof Error)) return listed;
  const { name, message, stack, cause } = value;
  const hidden: readonly (readonly [string, unknown])[] = [
    ['name', name],
    ['message', message],
    ['stack', stack],
    ['cause', cause],
    ['errors', value instanceof AggregateError ? value.errors : undefined],
  ];
  return [...hidden.filter(([, inner]) => inner !== undefined), ...listed];
}

/** A date, a URL or whatever else writes itself as something simpler. */
function jsonOf(value: object): unknown {
  return 'toJSON' in value && typeof value.toJSON === 'function' ? (value.toJSON() as unknown) : value;
}
