import { errorChain, WorkerError } from '../../../base/errors.ts';
import { writeJson } from '../../../contract/json.ts';
import { type Lengths, patternRule } from './pattern.ts';
import {
  countOf,
  invalidSchema,
  JSON_RULES,
  literal,
  NoValue,
  numberRule,
  SCHEMA_HINT,
  stringRule,
} from './json-rules.ts';
import { fieldsOf, isSchema, mayHaveOthers, otherFieldsOf, type Schema, unnamedField } from './fields.ts';
import { SchemaParts } from './schema-parts.ts';

/*
 * JSON schema → GBNF, the grammar that llama.cpp keeps a reply to. The grammar is for getting there: whatever it cannot
 * say (most formats, bounds of decimals, patterns that look ahead, …) it leaves open, and the check of the result decides. It allows
 * one blank after `:` and `,` and no other: between two values a model may else write blank space until its time is up.
 * For the same reason nothing may follow the value, so that the model has to end.
 */

/** No schema that people write is deeper; one that is refers to itself without end. */
const DEEPEST = 64;
/** Nor has one that people write as many parts; those of a reference count each time it is merged with something. */
const MAX_PARTS = 10_000;
/** llama.cpp unrolls what is counted. */
const MAX_REPEATS = 256;

/**
 * The grammar of all texts that are JSON of this schema.
 *
 * @throws WorkerError `task.invalid` when no text is
 */
export function grammarOf(jsonSchema: unknown): string {
  try {
    const root: unknown = JSON.parse(writeJson(jsonSchema)); // numbers as the reply has them
    const rules = new Map<string, string>(JSON_RULES);
    const start = new Translation(root, rules).of(root, 0);
    return [`root ::= ${start}`, ...[...rules].map(([name, body]) => `${name} ::= ${body}`)].join('\n');
  } catch (thrown) {
    throw new WorkerError('task.invalid', `the jsonSchema of the task cannot be used: ${errorChain(thrown)}`, {
      cause: thrown,
      hint: SCHEMA_HINT,
    });
  }
}

class Translation {
  readonly #source: SchemaParts;
  readonly #rules: Map<string, string>;
  readonly #references = new Map<string, string>();
  /** References whose values begin where the one that is being translated begins. */
  #open: readonly string[] = [];
  #parts = 0;

  constructor(root: unknown, rules: Map<string, string>) {
    this.#source = new SchemaParts(root);
    this.#rules = rules;
  }

  /** An expression for the values of a schema. */
  of(schema: unknown, depth: number): string {
    if (depth > DEEPEST) throw invalidSchema('it is nested too deeply');
    this.#parts += 1;
    if (this.#parts > MAX_PARTS) throw invalidSchema('it has too many parts');
    if (schema === false) throw new NoValue('a part of it is false, which no value satisfies');
    if (!isSchema(schema)) return 'value';
    if (typeof schema['$ref'] === 'string') return this.#reference(schema['$ref'], depth);
    if ('const' in schema) return literal(schema['const']);
    const { enum: values } = schema;
    if (Array.isArray(values)) return anyOf(values, literal);
    if (Array.isArray(schema['allOf'])) return this.of(this.#merged(schema, schema['allOf'], 'allOf'), depth + 1);
    for (const key of ['anyOf', 'oneOf'] as const) {
      const choices = schema[key];
      if (Array.isArray(choices)) {
        return anyOf(choices, (choice) => this.of(this.#merged(schema, [choice], key), depth + 1));
      }
    }
    return anyOf(typesOf(schema), (type) => this.#ofType(type, schema, depth));
  }

  #ofType(type: unknown, schema: Schema, depth: number): string {
    switch (type) {
      case 'object':
        return this.#within([], () => this.#object(schema, depth));
      case 'array':
        return this.#within([], () => this.#array(schema, depth));
      case 'string':
        return stringRule(schema, (body) => this.#named(body));
      case 'number':
      case 'integer':
        return numberRule(schema, type);
      case 'boolean':
        return '("true" | "false")';
      case 'null':
        return '"null"';
      default:
        return 'value';
    }
  }

  /**
   * Fields in the order of the schema; those that are not required may be left out, as those must that allow no value.
   * After them come others, where the schema says that there may be some.
   */
  #object(schema: Schema, depth: number): string {
    const fields = fieldsOf(schema);
    const required = Array.isArray(schema['required']) ? schema['required'].map(String) : [];
    const names = [...Object.keys(fields), ...required.filter((name) => !Object.hasOwn(fields, name))];
    const pairs = names.flatMap((name) => {
      const isRequired = required.includes(name);
      const value = (): string =>
        this.of(Object.hasOwn(fields, name) ? fields[name] : unnamedField(schema, name), depth + 1);
      const rule = isRequired ? value() : orNothing(value);
      return rule === undefined ? [] : [{ text: `${literal(name)} ":" blank ${rule}`, isRequired }];
    });
    const further = names.length > 0 && !mayHaveOthers(schema) ? undefined : this.#others(schema, depth);
    return `"{" ${this.#fields(pairs, further, countOf(schema['minProperties'], 0))} "}"`;
  }

  /** A field whose name the schema does not spell out; undefined where it allows none. */
  #others(schema: Schema, depth: number): string | undefined {
    const rule = orNothing(() =>
      anyOf(otherFieldsOf(schema), ({ pattern, value }) => {
        const name = pattern === undefined ? undefined : patternRule(pattern, (body) => this.#named(body));
        return `${name ?? 'string'} ":" blank ${this.of(value, depth + 1)}`;
      }),
    );
    return rule === undefined ? undefined : this.#named(rule);
  }

  /** Only what comes after another field has a comma before it, so whether one came is part of the rule. */
  #fields(
    pairs: readonly { readonly text: string; readonly isRequired: boolean }[],
    further: string | undefined,
    min: number,
  ): string {
    const missing = Math.max(0, min - pairs.length);
    if (missing > 0 && further === undefined) throw new NoValue('a part of it asks for more fields than it allows');
    let later = further === undefined ? '""' : this.#named(repeated(`("," blank ${further})`, missing, Infinity));
    let first = further === undefined ? '""' : this.#named(listOf(further, missing));
    for (const { text, isRequired } of pairs.toReversed()) {
      const tail = later;
      first = isRequired ? `${text} ${tail}` : `(${text} ${tail} | ${first})`;
      later = this.#named(isRequired ? `"," blank ${text} ${tail}` : `("," blank ${text})? ${tail}`);
    }
    return first;
  }

  #array(schema: Schema, depth: number): string {
    const prefix = Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : [];
    const max = countOf(schema['maxItems'], Infinity);
    const head = this.#head(prefix.slice(0, max), depth);
    const isWhole = head.length === prefix.length && head.length < max;
    const rule = isWhole ? orNothing(() => this.of(schema['items'], depth + 1)) : undefined;
    const [min, most] = [countOf(schema['minItems'], 0), rule === undefined ? head.length : max];
    if (min > most) throw new NoValue('a part of it allows no list');
    return `"[" ${this.#items(head, rule, { min, max: most })} "]"`;
  }

  /** Items in their order, the first without a comma before it; those beyond the fewest may be left out from the end. */
  #items(head: readonly string[], more: string | undefined, { min, max }: Lengths): string {
    const item = more === undefined ? undefined : this.#named(more);
    const single = item !== undefined && head.length === 0 ? [item] : head;
    let list = item === undefined ? '' : repeated(`("," blank ${item})`, min - single.length, max - single.length);
    for (const [at, rule] of [...single.entries()].toReversed()) {
      const body = `${at === 0 ? '' : '"," blank '}${rule}${list === '' ? '' : ` ${list}`}`;
      list = at < min ? body : `(${body})?`;
    }
    return list || '""';
  }

  /** The items that have a schema each, up to the first that allows no value: a list may end before it. */
  #head(items: readonly unknown[], depth: number): readonly string[] {
    const head: string[] = [];
    for (const item of items) {
      const rule = orNothing(() => this.of(item, depth + 1));
      if (rule === undefined) break;
      head.push(rule);
    }
    return head;
  }

  #reference(pointer: string, depth: number): string {
    if (this.#open.includes(pointer)) throw invalidSchema(`\`$ref\` cycle at ${pointer}`);
    const known = this.#references.get(pointer);
    if (known !== undefined) return known;
    const name = `reference${this.#references.size}`;
    this.#references.set(pointer, name); // before its body is known, since that may refer to it
    try {
      this.#rules.set(
        name,
        this.#within([...this.#open, pointer], () => this.of(this.#source.at(pointer), depth + 1)),
      );
      return name;
    } catch (thrown) {
      this.#references.delete(pointer); // it has no rule, and the next use of it finds that out again
      throw thrown;
    }
  }

  #within(open: readonly string[], translate: () => string): string {
    const before = this.#open;
    this.#open = open;
    try {
      return translate();
    } finally {
      this.#open = before;
    }
  }

  /** One schema that asks for what all of them do; `key` is where the parts were. */
  #merged(schema: Schema, parts: readonly unknown[], key: string): unknown {
    const { [key]: _parts, ...rest } = schema;
    let whole: Schema = rest;
    for (const part of parts) {
      const resolved = isSchema(part) && typeof part['$ref'] === 'string' ? this.#source.at(part['$ref']) : part;
      if (resolved === false) return false;
      if (!isSchema(resolved)) continue;
      if (Object.keys(whole).every((name) => REMARKS.has(name))) {
        whole = isSchema(part) ? part : resolved; // nothing to add, so a reference can stay one
        continue;
      }
      whole = {
        ...whole,
        ...resolved,
        properties: { ...fieldsOf(whole), ...fieldsOf(resolved) },
        required: [...new Set([whole['required'], resolved['required']].flat())].filter((name) => name !== undefined),
      };
    }
    return whole;
  }

  #named(body: string): string {
    const name = `part${this.#rules.size}`;
    this.#rules.set(name, body);
    return name;
  }
}

/** Keywords that do not restrict values. */
const REMARKS = new Set(['$schema', '$id', '$defs', 'definitions', 'title', 'description', 'default', 'examples']);

/** A schema that names no type often means one all the same. */
function typesOf(schema: Schema): readonly unknown[] {
  const { type } = schema;
  if (Array.isArray(type)) return type;
  if (type !== undefined) return [type];
  if (['properties', 'required', 'additionalProperties'].some((key) => key in schema)) return ['object'];
  if (['items', 'prefixItems'].some((key) => key in schema)) return ['array'];
  return ['any'];
}

/** The rule, or undefined where no value satisfies it. */
function orNothing(rule: () => string): string | undefined {
  try {
    return rule();
  } catch (thrown) {
    if (thrown instanceof NoValue) return undefined;
    throw thrown;
  }
}

/** One of these, without those that allow no value. */
function anyOf<Choice>(choices: readonly Choice[], ruleOf: (choice: Choice) => string): string {
  const [single] = choices;
  if (single !== undefined && choices.length === 1) return ruleOf(single); // and its reason, where it allows none
  const rules = choices.map((choice) => orNothing(() => ruleOf(choice))).filter((rule) => rule !== undefined);
  const [only, ...others] = new Set(rules);
  if (only === undefined) throw new NoValue('a part of it allows no value');
  return others.length === 0 ? only : `(${[only, ...others].join(' | ')})`;
}

/** At least that many repetitions, separated by commas. */
const listOf = (item: string, min: number): string => {
  const list = `${item} ${repeated(`("," blank ${item})`, Math.max(0, min - 1), Infinity)}`;
  return min > 0 ? list : `(${list})?`;
};

/** So many of it; a count too large for the grammar is left to the check of the result. */
function repeated(item: string, min: number, max: number): string {
  const atLeast = Math.min(Math.max(0, min), MAX_REPEATS);
  if (max > MAX_REPEATS) return atLeast === 0 ? `${item}*` : `${item}{${atLeast},}`;
  return max <= 0 ? '""' : `${item}{${atLeast},${max}}`;
}
