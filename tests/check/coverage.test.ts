import { expect, test } from 'bun:test';
import { addLcov, coverageOf, type Hits } from './coverage.ts';

const PATH = 'src/base/version.ts';
const lcov = (...lines: readonly (readonly [line: number, count: number])[]): string =>
  `TN:\nSF:${PATH}\n${lines.map((line) => `DA:${line.join(',')}\n`).join('')}end_of_record\n`;

test('a line that any run of tests reached is covered', () => {
  const hits: Hits = new Map();
  addLcov(hits, lcov([1, 1], [2, 0], [3, 0]));
  addLcov(hits, lcov([1, 0], [2, 4], [3, 0]));
  expect(coverageOf(hits)).toContainEqual({ path: PATH, lines: 3, uncovered: 1 });
});

test('a source file that no test loads is uncovered unless it holds types only', () => {
  const files = new Map(coverageOf(new Map()).map((file) => [file.path, file]));
  expect(files.get(PATH)?.lines).toBeGreaterThan(0);
  expect(files.get(PATH)?.uncovered).toBe(files.get(PATH)?.lines);
  expect(files.get('src/engines/engine.ts')).toMatchObject({ lines: 0 });
  expect(files.has('src/main.ts')).toBe(false);
});
