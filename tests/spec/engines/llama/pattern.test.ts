import { describe, expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { grammarOf } from '../../../../src/engines/llama/grammar/grammar.ts';
import { checkJson } from '../../../../src/jobs/results/json.ts';
import { canProduce } from '../../../fakes/engines/gbnf.ts';

/** Patterns as people write them, and corners of the notation. */
const PATTERNS = [
  '^\\d{4}-\\d{2}$',
  '^[A-Z]{2,3}-?\\d+$',
  '^(?:red|green|blue)$',
  '^#?([a-f0-9]{6}|[a-f0-9]{3})$',
  '^a|b$',
  'x',
  '^$',
  '^[^"\\\\\\s]+$',
  '^"quoted\\\\"$',
  '^[\\w.+-]+@[\\w-]+(\\.[\\w-]+)+$',
  '^.{2,4}?$',
  '^(?<year>19|20)\\d\\d$',
  '^\\u00e9[\\u{1F600}-\\u{1F64F}]*$',
  '^[\\-\\]\\^a]{0,2}$',
  '^(a|bc)*\\n?$',
  '^[\\s\\S]$',
  '^\\S+(?: \\S+){0,3}$',
  '^(?:a+ ?)+$',
  '^(?:b{0}|a?)?$',
  '^[+]?[(]?[0-9]{3}[)]?[-\\s.]?[0-9]{3}$',
] as const;
const CHARACTERS = 'ab019-AZ#@. "\\\n\té😀_x(+)redquoted';
const schemaOf = (pattern: string, more: object = {}) => ({ type: 'string', pattern, ...more });

describe('a grammar of a pattern', () => {
  test.each(PATTERNS)('can produce what %s matches, and nothing else', (pattern) => {
    const grammar = grammarOf(schemaOf(pattern));
    const anyText = fc.oneof(
      fc.stringMatching(new RegExp(pattern, 'u')),
      fc.string({ maxLength: 8, unit: fc.constantFrom(...Array.from(CHARACTERS)) }),
      fc.string({ maxLength: 4, unit: 'grapheme' }),
    );
    fc.assert(
      fc.property(anyText, (text) => {
        const json = JSON.stringify(text);
        const isGood = checkJson(json, schemaOf(pattern)).is === 'good';
        expect({ json, canProduce: canProduce(grammar, json) }).toEqual({ json, canProduce: isGood });
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    '^(?=a)b$',
    '^(?!a)',
    '\\bword\\b',
    '^(a)\\1$',
    '^\\p{L}+$',
    '(^a|b)',
    '^[a-z]{3000}$',
    '^(',
    '[\\uD800]',
    '^(a*)*$',
    '^(?:a|)+$',
    '^()*b$',
    '^(?:[a-z]{1,20}-?){1,20}$',
  ])('leaves %s to the check of the result', (pattern) =>
    expect(grammarOf(schemaOf(pattern))).toStartWith('root ::= string\n'),
  );

  test.each([
    ['^[a-z]+$', { minLength: 2, maxLength: 3 }, ['ab', 'abc'], ['a', 'abcd']],
    ['^x_', { maxLength: 4 }, ['x_', 'x_ab'], ['x_abc']],
    ['^[A-Z][a-z]*$', { minLength: 3 }, ['Abc'], ['Ab']],
    ['^\\d{3}$', { minLength: 5 }, ['123'], ['12345']],
    ['a', { maxLength: 2 }, ['ba', 'ab'], ['bbbab']],
  ])('of %s keeps the lengths of %p as far as it can', (pattern, more, can, cannot) => {
    const grammar = grammarOf(schemaOf(pattern, more));
    expect(can.filter((text) => !canProduce(grammar, JSON.stringify(text)))).toEqual([]);
    expect(cannot.filter((text) => canProduce(grammar, JSON.stringify(text)))).toEqual([]);
  });

  test('names the fields of a record whose names have a pattern', () => {
    const record = {
      type: 'object',
      patternProperties: { '^x_\\d$': { type: 'integer' }, '^s_': { type: 'string' } },
      additionalProperties: false,
    };
    const grammar = grammarOf(record);
    expect(canProduce(grammar, '{"x_1":1,"s_a":"b","x_2":2}')).toBe(true);
    expect(['{"y":1}', '{"x_1":"b"}', '{"x_12":1}'].filter((text) => canProduce(grammar, text))).toEqual([]);
    expect(canProduce(grammarOf({ ...record, additionalProperties: { type: 'null' } }), '{"x_1":1,"y":null}')).toBe(
      true,
    );
  });
});
