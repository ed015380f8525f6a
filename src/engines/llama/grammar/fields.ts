import { regExpOf } from './pattern.ts';

/*
 * What a JSON schema says of the fields of an object.
 */

export type Schema = Readonly<Record<string, unknown>>;

export const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const fieldsOf = ({ properties }: Schema): Schema => (isSchema(properties) ? properties : {});

const patternsOf = ({ patternProperties }: Schema): readonly (readonly [string, unknown])[] =>
  isSchema(patternProperties) ? Object.entries(patternProperties) : [];

/** A field that the schema does not name: what its name matches, any name without a pattern, and its value's schema. */
interface OtherField {
  readonly pattern: string | undefined;
  readonly value: unknown;
}

/** Patterns of names alone are meant to be all that there is, unless the schema says more. */
export function otherFieldsOf(schema: Schema): readonly OtherField[] {
  const others = schema['additionalProperties'];
  const matching = patternsOf(schema).map(([pattern, value]) => ({ pattern, value }));
  return matching.length > 0 && others === undefined ? matching : [...matching, { pattern: undefined, value: others }];
}

/** The schema of a field that is only named as required: what a pattern of its name says, else what all others have. */
export function unnamedField(schema: Schema, name: string): unknown {
  const matching = patternsOf(schema).filter(([pattern]) => matches(pattern, name));
  const [only, ...more] = matching.map(([, value]) => value);
  if (only === undefined) return schema['additionalProperties'];
  return more.length === 0 ? only : { allOf: [only, ...more] };
}

/** What is no pattern at all matches nothing; the check of the result says so. */
const matches = (pattern: string, name: string): boolean => regExpOf(pattern)?.test(name) === true;

/** Fields beyond those that a schema names are written where it says so; JSON schema's own default is too much of them. */
export const mayHaveOthers = ({ additionalProperties, patternProperties }: Schema): boolean =>
  additionalProperties === true || isSchema(additionalProperties) || isSchema(patternProperties);
