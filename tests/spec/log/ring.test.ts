import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { createRing } from '../../../src/log/ring.ts';

function setup(capacity: number, ...items: readonly string[]) {
  const ring = createRing<string>(capacity);
  for (const item of items) ring.push(item);
  return ring;
}

test('an empty ring has nothing to show', () => {
  expect(setup(3).all()).toEqual([]);
  expect(setup(3).after(7)).toEqual([]);
});

test('one item too many takes the place of the oldest', () => {
  expect(setup(3, 'a', 'b', 'c', 'd').all()).toEqual([
    { seq: 2, item: 'b' },
    { seq: 3, item: 'c' },
    { seq: 4, item: 'd' },
  ]);
});

test('a reader gets only what came after the number it saw last', () => {
  expect(setup(3, 'a', 'b', 'c', 'd').after(3)).toEqual([{ seq: 4, item: 'd' }]);
});

test('the newest items are kept in order whatever was pushed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.string(), { maxLength: 40 }), (capacity, items) => {
      const kept = setup(capacity, ...items).all();
      expect(kept.map(({ item }) => item)).toEqual(items.slice(-capacity));
      expect(kept.at(-1)?.seq ?? 0).toBe(items.length);
    }),
  );
});
