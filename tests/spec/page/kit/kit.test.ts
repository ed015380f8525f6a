import { expect, test } from 'bun:test';
import { topOf } from '../../../../src/page/kit/charts/charts.tsx';
import { rowAfter } from '../../../../src/page/kit/list-keys.ts';

test.each([
  [1, 3],
  [3, 3],
  [4, 6],
  [14, 15],
  [16, 30],
  [31, 60],
  [100, 150],
])('a chart whose tallest bar is %p ends at %p', (most, top) => expect(topOf(most)).toBe(top));

test('arrow keys move within a list and stop at its ends', () => {
  expect(rowAfter('ArrowDown', 0, 3)).toBe(1);
  expect(rowAfter('ArrowDown', 2, 3)).toBe(2);
  expect(rowAfter('ArrowUp', 0, 3)).toBe(0);
  expect(rowAfter('Home', 2, 3)).toBe(0);
  expect(rowAfter('End', 0, 3)).toBe(2);
  expect(rowAfter('Enter', 0, 3)).toBe(undefined);
});
