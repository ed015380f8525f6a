import { expect, test } from 'bun:test';
import type { ApiLogLine } from '../../../../src/local-api/contract/logs.ts';
import {
  areasOf,
  countLevels,
  filterLines,
  lineText,
  NO_LOG_FILTER,
  WINDOW_ROWS,
  windowOf,
} from '../../../../src/page/kit/log/window.ts';
import { LINES } from '../../../page/fixtures.ts';

const many = (count: number): readonly ApiLogLine[] =>
  Array.from({ length: count }, (_, index) => ({
    seq: index + 1,
    ts: '2026-11-28T10:00:00.000Z',
    level: 'info',
    category: 'jobs',
    message: `line ${index + 1}`,
  }));

test('level, area and search each narrow the log', () => {
  expect(filterLines(LINES, { ...NO_LOG_FILTER, level: 'error' })).toHaveLength(1);
  expect(filterLines(LINES, { ...NO_LOG_FILTER, area: 'delivery' })).toHaveLength(2);
  expect(filterLines(LINES, { ...NO_LOG_FILTER, search: 'JOB-9E0417' })).toHaveLength(5);
  expect(filterLines(LINES, { ...NO_LOG_FILTER, search: 'libcudnn' })).toHaveLength(1);
  expect(filterLines(LINES, { ...NO_LOG_FILTER, level: 'warn', area: 'delivery', search: 'nothing' })).toEqual([]);
});

test('the areas and the lines to look at are counted from what is there', () => {
  expect(areasOf(LINES)).toEqual(['delivery', 'engines', 'jobs', 'models', 'session']);
  expect(countLevels(LINES)).toEqual({ warn: 2, error: 1 });
});

test('the newest rows are shown while the log is followed', () => {
  const window = windowOf(many(2_000), undefined);
  expect(window.rows).toHaveLength(WINDOW_ROWS);
  expect(window.rows.at(-1)?.seq).toBe(2_000);
  expect(window).toMatchObject({ earlier: 1_500, later: 0 });
});

test('a window that was left behind stays where it is', () => {
  const window = windowOf(many(2_000), 900);
  expect([window.rows[0]?.seq, window.rows.at(-1)?.seq]).toEqual([401, 900]);
  expect(window).toMatchObject({ earlier: 400, later: 1_100 });
});

test('the beginning of the log fills a whole window', () => {
  expect(windowOf(many(2_000), 10).rows).toHaveLength(WINDOW_ROWS);
  expect(windowOf(many(20), 10).rows).toHaveLength(20);
  expect(windowOf([], undefined)).toEqual({ rows: [], earlier: 0, later: 0 });
});

test('a copied line holds all that its row shows', () => {
  expect(lineText(LINES[3]!)).toMatch(/^\S+Z info jobs image done in 21\.8 s job-9e0417$/);
});
