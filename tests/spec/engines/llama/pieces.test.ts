import { expect, test } from 'bun:test';
import * as fc from 'fast-check';
import { minTokensOf, piecesOf } from '../../../../src/engines/llama/pieces.ts';

const RUNS = ['a', '我', '=', ' ', '\n', '7', '<', 'é', '😀'];

test.each(RUNS)('an unbroken run of %j is parted before it grows too long', (one) => {
  const text = `before ${one.repeat(30_000)} after`;
  const pieces = piecesOf(text);
  expect(pieces.join('')).toBe(text);
  expect(Math.max(...pieces.map((piece) => Array.from(piece).length))).toBeLessThanOrEqual(2 * 4_096);
});

test('a text without such a run is one piece, however long it is', () => {
  const text = 'A sentence of several words, <|im_end|> and 12 signs.\n'.repeat(5_000);
  expect(piecesOf(text)).toEqual([text]);
});

test('whatever a text is, its pieces are all of it', () => {
  const part = fc
    .tuple(fc.constantFrom(...RUNS), fc.integer({ min: 1, max: 9_000 }))
    .map(([one, count]) => one.repeat(count));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
      const text = parts.join('');
      expect(piecesOf(text).join('')).toBe(text);
    }),
  );
});

test('a chat is at least as many tokens as it has messages', () => {
  expect(minTokensOf(Array.from({ length: 100_000 }, () => ({ content: '' })))).toBe(100_000);
  expect(minTokensOf([{ content: 'x'.repeat(5_120) }])).toBe(10);
});
