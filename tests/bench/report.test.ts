import { expect, test } from 'bun:test';
import { isMet, type Measurement, docsBlock, tableOf, withBlock } from './report.ts';
import { median, percentile } from './statistics.ts';

const aTime = (about: Partial<Measurement> = {}): Measurement => ({
  name: 'a job',
  unit: 'ms',
  measured: 3,
  ...about,
});
const limit = { what: 'bare pair', measured: 2 };

test('a goal is met up to and including its bound', () => {
  expect(isMet(aTime({ goal: { atMost: 3 } }))).toBe(true);
  expect(isMet(aTime({ goal: { atMost: 2.99 } }))).toBe(false);
  expect(isMet(aTime())).toBeUndefined();
});

test('a relative goal counts in limits of the same run', () => {
  expect(isMet(aTime({ goal: { atMostTimes: 1.5 }, limit }))).toBe(true);
  expect(isMet(aTime({ goal: { atMostTimes: 1.4 }, limit }))).toBe(false);
});

test('of a rate a share of the limit is asked for, at least', () => {
  expect(isMet(aTime({ goal: { atLeastTimes: 1.5 }, limit }))).toBe(true);
  expect(isMet(aTime({ goal: { atLeastTimes: 1.6 }, limit }))).toBe(false);
  expect(tableOf([aTime({ goal: { atLeastTimes: 0.9 }, limit })])).toContain('≥ 0.9 × the limit');
});

test('what was not measured meets no goal', () => {
  expect(isMet(aTime({ goal: { atMost: 3 }, measured: Number.NaN }))).toBe(false);
  expect(isMet(aTime({ goal: { atMostTimes: 3 } }))).toBe(false);
});

test('the table shows measured, goal, limit and ratio of each fact', () => {
  const [head, rule, row] = tableOf([aTime({ goal: { atMost: 1 }, limit })]).split('\n');
  expect(head?.split('|').map((cell) => cell.trim())).toContain('limit in the same run');
  expect(rule).toMatch(/^[| -]+$/);
  expect(row).toBe('| a job       | 3.00 ms  | ≤ 1 ms | no  | 2.00 ms (bare pair)   | 1.50 × |');
  expect(new Set([head, rule, row].map((line) => line?.length)).size).toBe(1);
});

test('the page keeps everything but what stands between the marks', () => {
  const report = { date: '2026-11-21T12:00:00.000Z', machine: 'a CPU, 2 cores', bun: '1.4.5', version: '0.5.0' };
  const block = docsBlock({ ...report, quick: false, measurements: [aTime()] });
  const before = '# title\n<!-- bench:start -->\nold\n<!-- bench:end -->\n## more\n';
  const after = withBlock(before, block);
  expect(after).toBe(`# title\n<!-- bench:start -->\n${block}<!-- bench:end -->\n## more\n`);
  expect(withBlock(after, block)).toBe(after);
  expect(block).toStartWith('Measured on 2026-11-21 ');
});

test('a page without marks is left alone', () => {
  expect(() => withBlock('# title', 'block')).toThrow('must hold <!-- bench:start -->');
});

test('a percentile is a sample, by the nearest rank', () => {
  const samples = [5, 1, 4, 2, 3];
  expect([percentile(samples, 0), median(samples), percentile(samples, 0.99)]).toEqual([1, 3, 5]);
  expect(percentile([7], 0.5)).toBe(7);
  expect(median([])).toBeNaN();
});
