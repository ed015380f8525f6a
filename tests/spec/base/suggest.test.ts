import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { editDistance, suggest } from '../../../src/base/suggest.ts';

const COMMANDS = ['run', 'register', 'status', 'enable', 'disable', 'set-threshold', 'config', 'studio', 'demo'];

test.each([
  ['regsiter', 'register'],
  ['stats', 'status'],
  ['rnu', 'run'],
  ['DEMO', 'demo'],
  ['set-treshold', 'set-threshold'],
  ['conf', 'config'],
])('a slip like "%s" is answered with the command %s', (word, meant) => {
  expect(suggest(word, COMMANDS)).toBe(meant);
});

test.each(['quux', 'x', '', 'serve-the-people'])('a word far from every command, "%s", gets no guess', (word) => {
  expect(suggest(word, COMMANDS)).toBeUndefined();
});

test('inserted, missing, wrong and swapped letters cost one each', () => {
  const slips = ['studiio', 'stdio', 'stucio', 'stuido', 'studio'];
  expect(slips.map((slip) => editDistance(slip, 'studio'))).toEqual([1, 1, 1, 1, 0]);
});

test('the distance is the same both ways and never above the longer word', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é', '🎈'), maxLength: 8 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance).toBeLessThanOrEqual(Math.max(Array.from(a).length, Array.from(b).length));
      expect(distance === 0).toBe(a === b);
    }),
  );
});
