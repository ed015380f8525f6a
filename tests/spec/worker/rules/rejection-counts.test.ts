import { expect, test } from 'bun:test';
import { toJobId } from '../../../../src/base/ids.ts';
import { createRejectionCounts } from '../../../../src/worker/rules/rejection-counts.ts';

test('rejections are counted by rule, the most frequent first, with the last of each', () => {
  let now = 1_000;
  const { onEvent, counts } = createRejectionCounts(() => now);
  const reject = (rule: 'busy' | 'memory', id: string): void => {
    now += 1;
    onEvent({ is: 'rejected', jobId: toJobId(id), rule, because: `because of ${id}` });
  };
  reject('busy', 'a');
  reject('memory', 'b');
  reject('memory', 'c');
  expect(counts().rejections).toEqual([
    { rule: 'memory', count: 2, lastAt: 1_003, lastJobId: 'c', lastBecause: 'because of c' },
    { rule: 'busy', count: 1, lastAt: 1_001, lastJobId: 'a', lastBecause: 'because of a' },
  ]);
});

test('a worker that was offered nothing has counted nothing', () => {
  const { onEvent, counts } = createRejectionCounts(() => 0);
  onEvent({ is: 'heartbeat' });
  expect(counts()).toEqual({ offers: 0, accepted: 0, rejections: [] });
});
