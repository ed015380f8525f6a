import type { JsonObject, JsonValue } from '../../../base/json.ts';

/*
 * The schemas of the contract as JSON Schema 2020-12, as far as the contract uses the library: what is sent, before any
 * transformation. A kind of schema that is not known here fails, so that none is described wrongly.
 */

/** What this reads of a schema of the library: its kind, and whatever goes with that. */
interface Described {
  readonly type: string;
  readonly pipe?: readonly Described[];
  readonly [part: string]: unknown;
}

/** A schema as JSON Schema. @throws RangeError for a kind of schema that the contract has not had until now */
export function toJsonSchema(schema: object): JsonObject {
  const described = asDescribed(schema);
  const [first = described, ...actions] = described.pipe ?? [];
  const steps = untilTransform(actions);
  return { ...ofKind(first), ...Object.fromEntries(steps.flatMap((action) => limitOf(action, first))) };
}

/** Whether an object may come without this field. */
const isOptional = (schema: Described): boolean =>
  ['optional', 'exact_optional', 'nullish'].includes((schema.pipe?.[0] ?? schema).type);

function ofKind(schema: Described): JsonObject {
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'number':
      return { type: schema.type };
    case 'bigint':
      return { type: 'integer' };
    case 'unknown':
    case 'any':
      return {};
    case 'never':
      return { not: {} };
    case 'literal':
      return { const: plain(schema['literal']) };
    case 'picklist':
      return { enum: listOf(schema['options']).map(plain) };
    case 'array':
      return { type: 'array', items: part(schema, 'item') };
    case 'record':
      return { type: 'object', additionalProperties: part(schema, 'value') };
    case 'object':
    case 'loose_object':
    case 'strict_object':
      return ofObject(schema);
    case 'union':
    case 'variant':
      return { anyOf: unique(listOf(schema['options']).map((option) => toJsonSchema(asDescribed(option)))) };
    case 'nullable':
    case 'nullish':
      return { anyOf: [part(schema, 'wrapped'), { type: 'null' }] };
    case 'optional':
    case 'exact_optional':
      return part(schema, 'wrapped');
    default:
      throw new RangeError(`a schema of the kind ${schema.type} has no description`);
  }
}

function ofObject(schema: Described): JsonObject {
  const entries = Object.entries(recordOf(schema['entries'])).map(
    ([name, entry]) => [name, asDescribed(entry)] as const,
  );
  const required = entries.filter(([, entry]) => !isOptional(entry)).map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, entry]) => [name, toJsonSchema(entry)])),
    ...(required.length === 0 ? {} : { required }),
  };
}

/** What follows a transformation is about another value than the one that is sent. */
function untilTransform(actions: readonly Described[]): readonly Described[] {
  const at = actions.findIndex(({ type }) => type === 'transform');
  return at < 0 ? actions : actions.slice(0, at);
}

/** What an action of a pipe asks of the value, under the names of JSON Schema. */
function limitOf(
  { type, requirement, description }: Described,
  { type: of }: Described,
): (readonly [string, JsonValue])[] {
  if (type === 'description' && typeof description === 'string') return [['description', description]];
  if (type === 'integer') return [['type', 'integer']];
  if (type === 'regex' && requirement instanceof RegExp) return [['pattern', requirement.source]];
  const name = LIMITS[`${of} ${type}`];
  return name === undefined || (typeof requirement !== 'number' && typeof requirement !== 'bigint')
    ? []
    : [[name, Number(requirement)]];
}

const LIMITS: Readonly<Record<string, string>> = {
  'number min_value': 'minimum',
  'number max_value': 'maximum',
  'string min_length': 'minLength',
  'string max_length': 'maxLength',
  'array min_length': 'minItems',
  'array max_length': 'maxItems',
};

const part = (schema: Described, name: string): JsonObject => toJsonSchema(asDescribed(schema[name]));

/** Two ways to write one thing need to be named once. */
const unique = (schemas: readonly JsonObject[]): readonly JsonObject[] => [
  ...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values(),
];

const asDescribed = (value: unknown): Described => {
  if (isDescribed(value)) return value;
  throw new RangeError('this is no schema');
};
const isDescribed = (value: unknown): value is Described =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

function plain(value: unknown): JsonValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  throw new RangeError('a literal that JSON does not have');
}
