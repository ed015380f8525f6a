import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { numberWords } from '../../../../../src/engines/piper/english/numbers.ts';

test.each([
  ['0', 'zero'],
  ['13', 'thirteen'],
  ['40', 'forty'],
  ['99', 'ninety nine'],
  ['100', 'one hundred'],
  ['250', 'two hundred fifty'],
  ['1,250', 'one thousand two hundred fifty'],
  ['1000000', 'one million'],
  ['2,000,000,017', 'two billion seventeen'],
  ['3.14', 'three point one four'],
  ['0.5', 'zero point five'],
  ['1250.5', 'one thousand two hundred fifty point five'],
  ['1905', 'nineteen oh five'],
  ['1999', 'nineteen ninety nine'],
  ['1500', 'fifteen hundred'],
  ['2024', 'two thousand twenty four'],
  ['1980s', 'nineteen eighties'],
  ['007', 'zero zero seven'],
  ['1st', 'first'],
  ['22nd', 'twenty second'],
  ['30th', 'thirtieth'],
  ['112th', 'one hundred twelfth'],
])('%s is read as %p', (number, words) => {
  expect(numberWords(number)).toBe(words);
});

test('a number of any length has words, and nothing but letters in them', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), (number) => {
      expect(numberWords(String(number))).toMatch(/^[a-z]+( [a-z]+)*$/);
    }),
  );
});
