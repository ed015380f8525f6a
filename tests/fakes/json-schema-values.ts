import * as fc from 'fast-check';

/** What is read of a JSON Schema; the rest is left open. */
export interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Values that mean something where a field is called so; now and then they are used instead of any other. */
export type Meaning = Readonly<Record<string, readonly unknown[]>>;

const FEW = 3;
/** Larger sizes and counts ask for work, and for nothing that another request does not. */
const MAX_NUMBER = 100_000;

/** Values of a schema, as a client sends them. */
export function valuesOf(schema: JsonSchema, meaning: Meaning = {}): fc.Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((option) => valuesOf(option, meaning)));
  switch (schema.type) {
    case 'string':
      return textOf(schema);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'integer':
    case 'number':
      return numberOf(schema);
    case 'array':
      return fc.array(valuesOf(schema.items ?? {}, meaning), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.max(FEW, schema.minItems ?? 0),
      });
    case 'object':
      return objectOf(schema, meaning);
    case undefined:
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

const textOf = ({ pattern, minLength = 0, maxLength = 40 }: JsonSchema): fc.Arbitrary<string> =>
  pattern === undefined
    ? fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) })
    : fc.stringMatching(new RegExp(pattern));

function numberOf({ type, minimum = -2, maximum = MAX_NUMBER }: JsonSchema): fc.Arbitrary<number> {
  const [min, max] = [Math.ceil(minimum), Math.floor(Math.min(maximum, MAX_NUMBER))];
  const whole = fc.integer({ min: Math.min(min, max), max });
  return type === 'integer'
    ? whole
    : fc.oneof(whole, fc.double({ min: minimum, max: Math.max(minimum, max), noNaN: true }));
}

function objectOf(schema: JsonSchema, meaning: Meaning): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, of]) => {
      const known = meaning[name];
      const values = valuesOf(of, meaning);
      return [
        name,
        known === undefined ? values : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...known) }, values),
      ];
    }),
  );
  const optional = Object.keys(fields).filter((name) => !required.includes(name));
  // With all that it may have at once, nothing would ever be right.
  const own = fc.subarray(optional, { maxLength: Math.min(FEW, optional.length) }).chain((chosen) => {
    const names = new Set([...required, ...chosen]);
    return fc.record(Object.fromEntries(Object.entries(fields).filter(([name]) => names.has(name))));
  });
  if (typeof additionalProperties !== 'object') return own;
  const more = fc.dictionary(fc.string(), valuesOf(additionalProperties, meaning), { maxKeys: FEW });
  return fc.tuple(more, own).map(([others, mine]) => Object.assign({}, others, mine));
}

type Path = readonly (string | number)[];

/** Values of which one part is another one, or missing. */
export const nearly = (values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .tuple(values, fc.nat(), fc.option(fc.jsonValue({ maxDepth: 1 }), { nil: undefined }))
    .map(([value, which, instead]) => {
      const paths = pathsIn(value);
      return replaced(value, paths[which % paths.length] ?? [], instead);
    });

function pathsIn(value: unknown, here: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [here];
  return [here, ...Object.entries(value).flatMap(([key, part]) => pathsIn(part, [...here, key]))];
}

function replaced(value: unknown, [key, ...rest]: Path, instead: unknown): unknown {
  if (key === undefined) return instead ?? null;
  if (Array.isArray(value)) return value.map((part, at) => (String(at) === key ? replaced(part, rest, instead) : part));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, name === key ? replaced(part, rest, instead) : part]),
  );
}
