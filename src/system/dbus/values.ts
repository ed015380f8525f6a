/*
 * Values of D-Bus and the signatures that describe them (D-Bus Specification, "Type System").
 *
 *   y n q i u d → number    x t → bigint    b → boolean    s o g → string    ay → bytes
 *   a… → list               (…) → list      {..} → a pair within a list      v → variant
 */

/** A value that brings its own type. */
export interface DbusVariant {
  readonly type: string;
  readonly value: DbusValue;
}

export type DbusValue = string | number | bigint | boolean | Uint8Array | DbusVariant | readonly DbusValue[];

export const variant = (type: string, value: DbusValue): DbusVariant => ({ type, value });

/** An `a{sv}`: names and variants. */
export const dictionary = (entries: Readonly<Record<string, DbusVariant>>): readonly DbusValue[] =>
  Object.entries(entries);

export const isVariant = (value: DbusValue | undefined): value is DbusVariant =>
  typeof value === 'object' && 'type' in value && 'value' in value;

/** The text of a value; empty where it is none. */
export const textOf = (value: DbusValue | undefined): string => (typeof value === 'string' ? value : '');

const isList = (value: DbusValue | undefined): value is readonly DbusValue[] => Array.isArray(value);
/** The members of a list, a structure or a pair; none where it is something else. */
export const listOf = (value: DbusValue | undefined): readonly DbusValue[] => (isList(value) ? value : []);

/** How values of a type are aligned, by its first character. */
const ALIGNMENT: Readonly<Record<string, number>> = Object.fromEntries(
  (
    [
      ['ygv', 1],
      ['nq', 2],
      ['biuhsoa', 4],
      ['xtd({', 8],
    ] as const
  ).flatMap(([kinds, bytes]) => kinds.split('').map((kind) => [kind, bytes])),
);
/** The specification's own limit is 32 arrays and 32 structures; nothing that is asked here nests nearly as deep. */
const MAX_DEPTH = 32;

export const alignmentOf = (type: string): number => ALIGNMENT[type.charAt(0)] ?? 1;
export const alignedTo = (at: number, to: number): number => Math.ceil(at / to) * to;

/** The complete types that a signature lists. @throws RangeError for one that is none */
export function typesOf(signature: string): readonly string[] {
  const types: string[] = [];
  for (let at = 0; at < signature.length;) {
    const end = endOfType(signature, at, 0);
    types.push(signature.slice(at, end));
    at = end;
  }
  return types;
}

function endOfType(signature: string, at: number, depth: number): number {
  const kind = signature.charAt(at);
  if (ALIGNMENT[kind] === undefined || depth > MAX_DEPTH) throw new RangeError(`no type: ${signature}`);
  if (kind === 'a') return endOfType(signature, at + 1, depth + 1);
  const close = { '(': ')', '{': '}' }[kind];
  if (close === undefined) return at + 1;
  let next = at + 1;
  if (signature.charAt(next) === close) throw new RangeError(`a structure of nothing: ${signature}`);
  while (signature.charAt(next) !== close) next = endOfType(signature, next, depth + 1);
  return next + 1;
}
