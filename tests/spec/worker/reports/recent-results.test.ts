import { expect, test } from 'bun:test';
import { toJobId } from '../../../../src/base/ids.ts';
import { createRecentResults } from '../../../../src/worker/reports/recent-results.ts';

const file = (size: number) => ({ is: 'artifact', bytes: new Uint8Array(size), ext: 'wav' }) as const;

test('the oldest results go when all together are too large', () => {
  const results = createRecentResults(100);
  for (const id of ['a', 'b', 'c']) results.keep(toJobId(id), file(40));
  expect(['a', 'b', 'c'].map((id) => results.of(id)?.bytes.byteLength)).toEqual([undefined, 40, 40]);
});

test('a result that alone is too large pushes out no other', () => {
  const results = createRecentResults(100);
  results.keep(toJobId('small'), file(40));
  results.keep(toJobId('large'), file(101));
  expect(results.of('large')).toBe(undefined);
  expect(results.of('small')?.ext).toBe('wav');
});

test('a job that is made again replaces its result and counts once', () => {
  const results = createRecentResults(100);
  results.keep(toJobId('a'), file(60));
  results.keep(toJobId('b'), file(30));
  results.keep(toJobId('a'), file(70));
  expect(['a', 'b'].map((id) => results.of(id)?.bytes.byteLength)).toEqual([70, 30]);
});

test('no more than a hundred small results are kept', () => {
  const results = createRecentResults();
  for (let at = 0; at < 101; at++) results.keep(toJobId(`j${at}`), { is: 'json', value: { text: 'done' } });
  expect(results.of('j0')).toBe(undefined);
  expect(new TextDecoder().decode(results.of('j1')?.bytes)).toBe('{"text":"done"}');
});

test('a part of a larger buffer does not keep all of it', () => {
  const results = createRecentResults();
  const bytes = new Uint8Array(1_000).subarray(10, 20);
  results.keep(toJobId('a'), { is: 'artifact', bytes, ext: 'png' });
  expect(results.of('a')?.bytes.buffer.byteLength).toBe(10);
});
