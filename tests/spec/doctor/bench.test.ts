import { expect, test } from 'bun:test';
import { measure } from '../../../src/doctor/bench.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';

test('a benchmark’s rate omits the first run and averages a second of others', async () => {
  const clock = new FakeClock();
  const costs = [5_000, 400, 400, 400, 400];
  const runs: number[] = [];
  const work = async (): Promise<number> => {
    clock.advance(costs[runs.length] ?? 0);
    runs.push(30);
    return 30;
  };
  const measured = await measure({ id: 'bench.x', what: 'x', unit: 'steps/s', work }, clock);
  expect(runs).toHaveLength(4);
  expect(measured).toEqual({ id: 'bench.x', what: 'x', is: 'measured', rate: 75, unit: 'steps/s' });
});
