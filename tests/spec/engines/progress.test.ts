import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { rising } from '../../../src/engines/progress.ts';

test('progress only ever rises, and only that of the first bar counts', () => {
  const seen: string[] = [];
  const report = rising((done, total) => void seen.push(`${done}/${total}`));
  for (const [done, total] of [
    [1, 20],
    [1, 20],
    [5, 20],
    [3, 20],
    [7, 9],
    [20, 20],
  ] as const)
    report(done, total);
  expect(seen).toEqual(['1/20', '5/20', '20/20']);
});

test('whatever a library reports, no step comes twice or goes back', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(10), fc.nat(3))), (steps) => {
      const seen: number[] = [];
      const report = rising((done) => void seen.push(done));
      for (const [done, total] of steps) report(done, total);
      return seen.every((done, at) => done > (seen[at - 1] ?? 0));
    }),
  );
});
