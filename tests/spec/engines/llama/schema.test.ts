import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import * as fc from 'fast-check';
import type { LoadedModel } from '../../../../src/engines/engine.ts';
import { grammarOf } from '../../../../src/engines/llama/grammar/grammar.ts';
import { checkJson } from '../../../../src/jobs/results/json.ts';
import { aTask } from '../../../fakes/builders.ts';
import { completionOf, llamaScene } from '../../../fakes/engines/llama-engine.ts';
import { USUAL } from '../../../fakes/engines/loading.ts';

/** A process starts and loads a library, on a busy machine. */
setDefaultTimeout(30_000);

/** A model that would rather say the same for ever, newlines before all, and has no idea of JSON. */
const scene = llamaScene({ model: { says: [['\n\n'], [' ']], endless: true, contextLength: 4096 } });
const { signal } = new AbortController();
let model: LoadedModel;
beforeAll(async () => void (model = await scene.engine.load(scene.files, signal, USUAL)));
afterAll(async () => {
  await model[Symbol.asyncDispose]();
  scene[Symbol.dispose]();
});

async function replyTo(jsonSchema: unknown, about: object = {}) {
  const task = aTask({
    kind: 'llm',
    messages: [{ role: 'user', content: 'x' }],
    jsonSchema,
    maxTokens: 1000,
    ...about,
  });
  return completionOf(await model.run(task, { signal, progress: () => {}, emit: () => {} }));
}

/** Schemas as people write them, small enough that a model without an idea comes to their end. */
const { schema: anySchema } = fc.letrec<{ schema: Readonly<Record<string, unknown>> }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ type: fc.constant('string'), maxLength: fc.nat(4) }),
    fc.record({
      type: fc.constant('string'),
      pattern: fc.constantFrom('^[A-Z]{2}-?\\d{1,4}$', '^(?:red|"\\n\\u{1F600}|[é-ü]{2})$', '^[\\s\\S]{0,3}!$', '^x_'),
      maxLength: fc.constantFrom(7, 9),
    }),
    fc.record({
      type: fc.constant('object'),
      patternProperties: fc.record({ '^k\\d$': tie('schema'), '^[^k]$': tie('schema') }),
      additionalProperties: fc.constant(false),
    }),
    fc.record({
      type: fc.constant('integer'),
      minimum: fc.integer({ min: -9, max: 3 }),
      maximum: fc.integer({ min: 3, max: 99 }),
    }),
    fc.constantFrom(
      { type: 'number' },
      { type: 'number', minimum: 0 },
      { type: ['boolean', 'null'] },
      { type: 'string', format: 'time' }, // not a date: a model without an idea of months writes 31 February
      { type: 'string', format: 'uuid' },
      { const: 'a "quoted" \\ wörd' },
      { enum: ['llm', 7, null, { a: [1] }] },
    ),
    fc.record({
      type: fc.constant('array'),
      items: tie('schema'),
      minItems: fc.nat(1),
      maxItems: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({
      type: fc.constant('array'),
      prefixItems: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
      items: fc.constant(false),
    }),
    fc
      .record({
        properties: fc.dictionary(fc.constantFrom('a', 'b', 'c d', 'é'), tie('schema'), { minKeys: 1, maxKeys: 3 }),
        few: fc.nat(3),
      })
      .map(({ properties, few }) => ({
        type: 'object',
        properties,
        required: Object.keys(properties).slice(0, few),
        additionalProperties: false,
      })),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
  ),
}));

test('a reply to a task with a schema is JSON that meets it', async () => {
  await fc.assert(
    fc.asyncProperty(anySchema, fc.nat(), async (jsonSchema, seed) => {
      const { said, finish } = await replyTo(jsonSchema, { temperature: 1, seed });
      // Random weights write what is no character, such as U+110000, which a grammar counts as one.
      const text = said.replaceAll('\uFFFD', '');
      expect({ finish, look: checkJson(text, jsonSchema), said }).toMatchObject({
        finish: 'stop',
        look: { is: 'good' },
      });
    }),
    { numRuns: 40 },
  );
});

test.each(['^(?:a|)+$', '^()*b$', '^(?:a+ ?)+$', '^(?:(?:a|b)+,?)*$'])(
  'a pattern that repeats nothing, or in many ways, ends no chat: %s',
  async (pattern) => {
    const { said } = await replyTo({ type: 'string', pattern, maxLength: 20 }, { temperature: 1, seed: 4 });
    expect(JSON.parse(said)).toBeString();
  },
);

/** The rules that a grammar has, and those that it names. */
function rulesOf(grammar: string): { readonly has: ReadonlySet<string>; readonly names: ReadonlySet<string> } {
  const lines = grammar.split('\n').map((line) => line.split(' ::= '));
  const bodies = lines.map(([, body = '']) => body.replaceAll(/"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]/g, ''));
  return {
    has: new Set(lines.map(([name = '']) => name)),
    names: new Set(bodies.flatMap((body) => body.match(/[a-z]\w*/gi) ?? [])),
  };
}

test('every rule that a grammar names is there, once', () => {
  fc.assert(
    fc.property(anySchema, (jsonSchema) => {
      const grammar = grammarOf({ $defs: { part: jsonSchema }, anyOf: [{ $ref: '#/$defs/part' }, jsonSchema, {}] });
      const { has, names } = rulesOf(grammar);
      expect(grammar.startsWith('root ::= ')).toBe(true);
      expect(has.size).toBe(grammar.split('\n').length);
      expect([...names].filter((name) => !has.has(name))).toEqual([]);
    }),
  );
});

test.each([
  ['longer than is counted', { type: 'string', minLength: 5000, maxLength: 9000 }, 'char{1024,}'],
  ['of more items than are counted', { type: 'array', minItems: 2, maxItems: 5000 }, '*'],
  ['of any length', { type: 'string', minLength: 'x' }, 'string'],
  ['of a length below nothing', { type: 'string', minLength: -1 }, 'root ::= string'],
  ['of a broken number of characters', { type: 'string', minLength: 1.5, maxLength: 9 }, 'char{0,9}'],
  ['of a broken number of items', { type: 'array', minItems: 1.5, maxItems: 2.5 }, '*'],
  ['of integers in a wide range', { type: 'integer', minimum: 0 }, 'natural'],
  ['of integers below a bound', { type: 'integer', exclusiveMinimum: 1, exclusiveMaximum: 4 }, '("2" | "3")'],
])('a value %s that no grammar can express is checked in the result', (_, jsonSchema, rule) => {
  expect(grammarOf(jsonSchema)).toContain(rule);
});

test.each([
  ['text', { type: 'string', minLength: 3, maxLength: 2 }],
  ['list', { type: 'array', minItems: 3, maxItems: 2 }],
])('a schema whose bounds leave no %s is refused before a model tries', (what, jsonSchema) => {
  expect(() => grammarOf(jsonSchema)).toThrow(`a part of it allows no ${what}`);
});

test('nothing may follow the value, so a model that loves newlines ends', async () => {
  const { said, finish, usage } = await replyTo({ type: 'boolean' }, { temperature: 0 });
  expect(finish).toBe('stop');
  expect(['true', 'false']).toContain(said);
  expect(usage.completion_tokens).toBeLessThanOrEqual('false'.length);
});

test.each([
  ['a part of itself', { $defs: { n: { enum: [1, 2] } }, type: 'array', items: { $ref: '#/$defs/n' }, maxItems: 2 }],
  [
    'parts that all have to be met',
    { allOf: [{ properties: { a: { const: 1 } } }, { required: ['a'], type: 'object' }] },
  ],
  ['a field that it only requires', { type: 'object', required: ['x'], additionalProperties: { const: 1 } }],
  ['choices beside fields', { properties: { k: { const: 1 } }, oneOf: [{ required: ['k'] }] }],
  [
    'no value but one field or none',
    { properties: { a: { const: 1 } }, additionalProperties: false, maxProperties: 1 },
  ],
])('a schema with %s is kept to', async (_, jsonSchema) => {
  const { said } = await replyTo(jsonSchema, { temperature: 1, seed: 5 });
  expect(checkJson(said, jsonSchema)).toEqual({ is: 'good' });
});

test('a schema that refers to itself makes replies of any depth', async () => {
  const tree = { type: 'object', properties: { next: { $ref: '#' } }, additionalProperties: false };
  const { said } = await replyTo(tree, { temperature: 1, seed: 3 });
  expect(checkJson(said, tree)).toEqual({ is: 'good' });
});

/** Each part allows the next one twice, with a bound beside it so that both are merged. */
function doubling(parts: number): Readonly<Record<string, unknown>> {
  const next = (at: number) => ({ $ref: `#/$defs/${at + 1}` });
  const links = Array.from({ length: parts }, (_, at) => [at, { minLength: 1, anyOf: [next(at), next(at)] }]);
  return { ...Object.fromEntries(links), [parts]: { type: 'string' } };
}

test.each([
  ['a reference to another document', { $ref: 'https://example.invalid/schema.json' }],
  ['a reference that leads nowhere', { $ref: '#/$defs/missing' }],
  ['no value at all', { enum: [] }],
  ['a part that nothing meets', { type: 'object', properties: { a: false }, required: ['a'] }],
  ['nothing but itself', { $ref: '#' }],
  [
    'choices that double with each of thirty references',
    { minLength: 1, anyOf: [{ $ref: '#/$defs/0' }], $defs: doubling(30) },
  ],
  ['integers between bounds that cross', { type: 'integer', minimum: 3, maximum: 2 }],
])('a schema with %s is refused before anything is written', (_, jsonSchema) => {
  expect(() => grammarOf(jsonSchema)).toThrow(expect.objectContaining({ code: 'task.invalid', retryable: false }));
});

test('a cancelled chat ends by itself and leaves its model loaded', async () => {
  const abort = new AbortController();
  const reason = new Error('given up');
  const { pid } = model.process ?? {};
  const task = aTask({ kind: 'llm', messages: [], jsonSchema: { type: 'string' }, maxTokens: 4000 });
  const run = model.run(task, { signal: abort.signal, progress: () => abort.abort(reason), emit: () => {} });
  expect(await run.catch((thrown: unknown) => thrown)).toBe(reason);
  expect((await replyTo({ const: 1 })).said).toBe('1');
  expect(model.process?.pid).toBe(pid); // a child that had been killed would be another one
});
