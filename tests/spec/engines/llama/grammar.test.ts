import { describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { grammarOf } from '../../../../src/engines/llama/grammar/grammar.ts';
import { checkJson } from '../../../../src/jobs/results/json.ts';
import { canProduce } from '../../../fakes/engines/gbnf.ts';

/** A schema with a value that meets it. */
interface Pair {
  readonly schema: object;
  readonly value: unknown;
}

const twoDigits = (max: number, min = 0) => fc.integer({ min, max }).map((count) => String(count).padStart(2, '0'));
const date = fc
  .tuple(fc.integer({ min: 1900, max: 2099 }), twoDigits(12, 1), twoDigits(31, 1))
  .map((parts) => parts.join('-'))
  .filter((text) => new Date(`${text}T00:00:00Z`).toISOString().startsWith(text));
const offset = fc.oneof(
  fc.constant('Z'),
  fc
    .tuple(fc.constantFrom('+', '-'), twoDigits(23), twoDigits(59))
    .map(([sign, hours, rest]) => `${sign}${hours}:${rest}`),
);
const fraction = fc.oneof(fc.constant(''), fc.stringMatching(/^\.[0-9]{1,20}$/));
const time = fc
  .tuple(twoDigits(23), twoDigits(59), twoDigits(59), fraction, offset)
  .map(([hours, minutes, seconds, rest, zone]) => `${hours}:${minutes}:${seconds}${rest}${zone}`);
const anyCase = fc.tuple(date, time).chain(([day, moment]) => {
  const text = `${day}T${moment}`;
  return fc.constantFrom(text, text.toLowerCase());
});
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e20, max: 1e20 }),
  fc.constantFrom(1.5e-7, 1e21, 0, -0.5, 18_446_744_073_709_552_000),
);
const name = fc.stringMatching(/^[a-z]{1,3}$/);
const asPair =
  (schema: object) =>
  (value: unknown): Pair => ({ schema, value });

const { pair } = fc.letrec<{ pair: Pair }>((tie) => {
  const fields = fc.dictionary(name, tie('pair'), { minKeys: 1, maxKeys: 3 });
  const valuesOf = (all: Readonly<Record<string, Pair>>) =>
    Object.fromEntries(Object.entries(all).map(([key, { value }]) => [key, value]));
  const schemasOf = (all: Readonly<Record<string, Pair>>) =>
    Object.fromEntries(Object.entries(all).map(([key, { schema }]) => [key, schema]));
  return {
    pair: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.string({ unit: 'grapheme' }).map(asPair({ type: 'string' })),
      date.map(asPair({ type: 'string', format: 'date' })),
      time.map(asPair({ type: 'string', format: 'time' })),
      anyCase.map(asPair({ type: 'string', format: 'date-time' })),
      fc.constant('23:59:60Z').map(asPair({ type: 'string', format: 'time' })),
      fc.uuid().map(asPair({ type: 'string', format: 'uuid' })),
      number.map(asPair({ type: 'number' })),
      number.map(Math.abs).map(asPair({ type: 'number', minimum: 0 })),
      fc.integer({ min: 0 }).map(asPair({ type: 'integer', minimum: 0 })),
      fc.constant(asPair({ type: 'integer', maximum: -1 })(-9_007_199_254_740_991)),
      fc.constantFrom(true, false, null).map(asPair({ type: ['boolean', 'null'] })),
      fc.jsonValue({ maxDepth: 1 }).map((value) => ({ schema: { enum: ['other', value] }, value })),
      fields.map((all) => ({
        schema: {
          properties: { ...schemasOf(all), forbidden: false },
          required: Object.keys(all),
          additionalProperties: false,
        },
        value: valuesOf(all),
      })),
      fc.tuple(name, tie('pair')).map(([key, { schema, value }]) => ({
        schema: {
          type: 'object',
          patternProperties: { [`^${key}$`]: schema },
          additionalProperties: false,
          minProperties: 1,
        },
        value: { [key]: value },
      })),
      fc.tuple(name, tie('pair')).map(([key, { schema, value }]) => ({
        schema: { type: 'object', properties: { '': { const: 1 } }, additionalProperties: schema },
        value: { '': 1, [key]: value },
      })),
      fc.tuple(fc.array(tie('pair'), { maxLength: 3 }), fc.nat(3)).map(([all, length]) => ({
        schema: { type: 'array', prefixItems: all.map(({ schema }) => schema), items: false },
        value: all.slice(0, length).map(({ value }) => value),
      })),
      fc
        .stringMatching(/^[a-z]{1,3}-\d+$/)
        .map(asPair({ type: 'string', pattern: '^[a-z]{1,3}-\\d+$', maxLength: 40 })),
      tie('pair').map(({ schema, value }) => ({ schema: { type: 'array', items: schema }, value: [value, value] })),
      tie('pair').map(({ schema, value }) => ({ schema: { anyOf: [false, schema] }, value })),
    ),
  };
});

test('what the check of a result accepts, the grammar can produce', () => {
  fc.assert(
    fc.property(pair, ({ schema, value }) => {
      const text = JSON.stringify(value);
      fc.pre(checkJson(text, schema).is === 'good');
      expect({ text, canProduce: canProduce(grammarOf(schema), text) }).toEqual({ text, canProduce: true });
    }),
    { numRuns: 500 },
  );
});

describe('a grammar', () => {
  const field = (schema: unknown, more: object = {}) => ({
    type: 'object',
    properties: { d: schema },
    required: ['d'],
    additionalProperties: false,
    ...more,
  });

  test.each([
    ['2024-12-31', 'date'],
    ['2024-02-29', 'date'],
    ['2026-07-30T16:30:00Z', 'date-time'],
    ['2026-07-28T16:30:00+02:00', 'date-time'],
    ['2026-03-01T09:00:00.123456Z', 'date-time'],
    ['16:30:00-01:00', 'time'],
    ['23:59:60Z', 'time'],
    ['2016-12-31t23:59:60.000000000001z', 'date-time'],
  ])('leaves %s as the model wrote it', (text, format) => {
    expect(canProduce(grammarOf(field({ type: 'string', format })), `{"d":"${text}"}`)).toBe(true);
  });

  test.each([
    ['2024-13-01', 'date'],
    ['2024-01-32', 'date'],
    ['2024-01-01 10:00:00Z', 'date-time'],
    ['10:00:00', 'time'],
  ])('does not let %s pass for a %s', (text, format) => {
    expect(canProduce(grammarOf({ type: 'string', format }), `"${text}"`)).toBe(false);
  });

  test('keeps an exponent above a bound, and the digits of a large integer', () => {
    expect(canProduce(grammarOf(field({ type: 'number', minimum: 0 })), '{"d":1.5e3}')).toBe(true);
    expect(canProduce(grammarOf({ type: 'integer' }), '18446744073709551615')).toBe(true);
    expect(canProduce(grammarOf({ type: 'integer', minimum: 0 }), '-1')).toBe(false);
  });

  test('has names where a schema gives only their patterns', () => {
    const record = { type: 'object', patternProperties: { '^x_': { type: 'integer' } }, additionalProperties: false };
    expect(canProduce(grammarOf(record), '{"x_1":1,"x_2":2}')).toBe(true);
    expect(canProduce(grammarOf({ ...record, minProperties: 1 }), '{}')).toBe(false);
  });

  test('leaves out what no value satisfies', () => {
    const some = { type: 'object', properties: { d: { type: 'integer' }, x: false }, required: ['d'] };
    expect(canProduce(grammarOf(some), '{"d":1}')).toBe(true);
    expect(canProduce(grammarOf(some), '{"d":1,"x":1}')).toBe(false);
    expect(canProduce(grammarOf(field({ anyOf: [false, { type: 'integer' }] })), '{"d":1}')).toBe(true);
    expect(() => grammarOf(field(false))).toThrow('a part of it is false');
  });

  test.each([
    [{ type: 'object', patternProperties: { '^x-': { type: 'string' } }, required: ['x-a'] }, '{"x-a":"1"}'],
    [{ type: 'object', patternProperties: { '^x-': true, a$: { type: 'null' } }, required: ['x-a'] }, '{"x-a":null}'],
  ])('a required field of closed %j has what its pattern says', (schema, text) => {
    expect(canProduce(grammarOf({ ...schema, additionalProperties: false }), text)).toBe(true);
    expect(() => grammarOf({ ...schema, additionalProperties: false, required: ['y'] })).toThrow('is false');
  });

  test.each([
    [{ prefixItems: [{ type: 'integer' }, { type: 'string' }], maxItems: 1 }, '[1]'],
    [{ prefixItems: [{ type: 'integer' }, false] }, '[1]'],
    [{ prefixItems: [{ type: 'integer' }], maxItems: 0 }, '[]'],
    [{ prefixItems: [{ type: 'integer' }, { type: 'string' }], items: false }, '[1]'],
    [{ prefixItems: [{ type: 'integer' }, { type: 'string' }], maxItems: 3 }, '[]'],
    [{ prefixItems: [{ type: 'integer' }], items: { type: 'null' }, minItems: 2, maxItems: 3 }, '[1, null]'],
  ])('a list of %j may end as early as it allows', (schema, text) => {
    expect(canProduce(grammarOf({ type: 'array', ...schema }), text)).toBe(true);
    expect(checkJson(text, { type: 'array', ...schema }).is).toBe('good');
    expect(() => grammarOf({ type: 'array', ...schema, minItems: 4 })).toThrow('allows no list');
  });

  test.each([
    ['#whole', { $defs: { a: { $anchor: 'whole', type: 'integer' } } }],
    ['whole.json', { $defs: { a: { $id: 'whole.json', type: 'integer' } } }],
    ['https://example.com/s#/$defs/a', { $id: 'https://example.com/s', $defs: { a: { type: 'integer' } } }],
    ['s#/$defs/a', { $id: 'https://example.com/s', $defs: { a: { type: 'integer' } } }],
  ])('follows %s to the part of the schema with that name', (reference, more) => {
    const schema = field({ $ref: reference }, more);
    expect(canProduce(grammarOf(schema), '{"d":1}')).toBe(true);
    expect(canProduce(grammarOf(schema), '{"d":"1"}')).toBe(false);
    expect(checkJson('{"d":1}', schema).is).toBe('good');
  });

  test('follows a reference with a bare percent sign', () => {
    const schema = field({ $ref: '#/$defs/50%' }, { $defs: { '50%': { type: 'integer' } } });
    expect(canProduce(grammarOf(schema), '{"d":1}')).toBe(true);
  });
});
