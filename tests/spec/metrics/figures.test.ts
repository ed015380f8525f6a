import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { gauge, gauges, type Measured, total } from '../../../src/metrics/measure.ts';
import { writeFigures } from '../../../src/metrics/prometheus.ts';
import { createCounter, createHistogram } from '../../../src/metrics/tally.ts';
import { needs } from '../../needs.ts';
import { objectionsOf } from './promtool.ts';

/** The lines with values, without what is said about them. */
async function linesOf(measured: Measured): Promise<readonly string[]> {
  const { text } = await writeFigures('x_', measured);
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('a counter begins with the zeros it was given and keeps labels apart', async () => {
  const counter = createCounter<'kind' | 'outcome'>({ name: 'jobs_total', help: 'Jobs.' }, [
    { kind: 'llm', outcome: 'failed' },
  ]);
  counter.add({ kind: 'llm', outcome: 'completed' });
  counter.add({ kind: 'llm', outcome: 'completed' }, 2);
  expect(await linesOf([counter.read()])).toEqual([
    'x_jobs_total{kind="llm",outcome="failed"} 0',
    'x_jobs_total{kind="llm",outcome="completed"} 3',
  ]);
});

test('what was read before a later count stays as it was read', () => {
  const counter = createCounter({ name: 'jobs_total', help: 'Jobs.' });
  counter.add({});
  const before = counter.read();
  counter.add({});
  expect([before, counter.read()].map(({ values }) => values[0]?.value)).toEqual([1, 2]);
});

test('a histogram counts each observation in its bucket and all above', async () => {
  const histogram = createHistogram<'kind'>({ name: 'took_seconds', help: 'Time.' }, [1, 10]);
  for (const seconds of [0.5, 1, 5, 60]) histogram.observe({ kind: 'llm' }, seconds);
  expect(await linesOf([histogram.read()])).toEqual([
    'x_took_seconds_bucket{kind="llm",le="1"} 2',
    'x_took_seconds_bucket{kind="llm",le="10"} 3',
    'x_took_seconds_bucket{kind="llm",le="+Inf"} 4',
    'x_took_seconds_sum{kind="llm"} 66.5',
    'x_took_seconds_count{kind="llm"} 4',
  ]);
});

test('whatever was observed, buckets rise to the count of all', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true })), (seconds) => {
      const histogram = createHistogram<'kind'>({ name: 'took_seconds', help: 'Time.' }, [1, 10]);
      for (const each of seconds) histogram.observe({ kind: 'llm' }, each);
      const counts = histogram.read().values[0]?.counts ?? [0, 0, 0];
      const within = (from: number, to: number): number => seconds.filter((each) => each > from && each <= to).length;
      expect(counts).toEqual([within(-1, 1), within(1, 10), within(10, Infinity)]);
    }),
  );
});

test('what has no value now is named without a number', async () => {
  const { text } = await writeFigures('x_', [
    gauges('free_bytes', 'Free.', []),
    { ...total('a_total', 'A.', 0), values: [] },
  ]);
  expect(text).toContain('# TYPE x_free_bytes gauge');
  expect(await linesOf([gauges('free_bytes', 'Free.', [])])).toEqual([]);
  expect(text).not.toMatch(/^x_/m);
});

needs('promtool')('labels of any text are written as Prometheus reads them', async () => {
  const labels = { name: 'a "b" \\ c\nd {e="f"}' };
  const histogram = createHistogram<'name'>({ name: 'took_seconds', help: 'Time\\with a line\nbreak.' }, [0.5]);
  histogram.observe(labels, 1);
  const measured = [
    gauge('now', 'Now.', 1e-7),
    gauges('free_bytes', 'Free.', [{ labels, value: 2 ** 60 }]),
    histogram.read(),
  ];
  expect(await objectionsOf((await writeFigures('x_', measured)).text)).toBe('');
});
