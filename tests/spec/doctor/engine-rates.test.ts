import { expect, test } from 'bun:test';
import { type EngineBenchmark, engineBenchmarks, engineRate } from '../../../src/doctor/engine-rates.ts';
import type { LoadedModel } from '../../../src/engines/engine.ts';
import { encodeWav } from '../../../src/base/media/wav.ts';
import type { TaskResult } from '../../../src/engines/result.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';

const NOTHING: TaskResult = { is: 'json', value: {} };

/** A model whose runs take a second, reach these steps and give this result. */
function modelOf(clock: FakeClock, steps: readonly number[], result = NOTHING) {
  const tasks: string[] = [];
  let isFreed = false;
  const model: LoadedModel = {
    process: undefined,
    ranOn: undefined,
    where: undefined,
    async run(task, { progress }) {
      tasks.push(task.kind);
      clock.advance(1000);
      for (const step of steps) progress(step, 100);
      return result;
    },
    async [Symbol.asyncDispose]() {
      isFreed = true;
    },
  };
  return { load: async () => model, tasks, isFreed: () => isFreed };
}

const benchmarkOf = (id: string): EngineBenchmark => {
  const found = engineBenchmarks().find((one) => one.id === id);
  if (found === undefined) throw new Error(`no benchmark is called ${id}`);
  return found;
};

test('images are rated by the steps that their engine reports', async () => {
  const clock = new FakeClock();
  const { load, tasks, isFreed } = modelOf(clock, [1, 4, 8]);
  expect(await engineRate(benchmarkOf('bench.synthetic'), load, clock)).toMatchObject({ rate: 8, unit: 'steps/s' });
  expect(tasks).toEqual(['image', 'image']);
  expect(isFreed()).toBe(true);
});

test('a chat is rated by the tokens it writes, not by those it reads', async () => {
  const clock = new FakeClock();
  const { load } = modelOf(clock, [20, 50]);
  expect(await engineRate(benchmarkOf('bench.chat'), load, clock)).toMatchObject({ rate: 30, unit: 'tokens/s' });
});

test('speech is rated by how long it plays', async () => {
  const clock = new FakeClock();
  const bytes = encodeWav(new Int16Array(3 * 22_050), 22_050);
  const { load } = modelOf(clock, [], { is: 'artifact', bytes, ext: 'wav' });
  expect(await engineRate(benchmarkOf('bench.speech'), load, clock)).toMatchObject({ rate: 3, unit: 'x real time' });
});

test('an engine that cannot load its model is unmeasured, and says why', async () => {
  const measured = await engineRate(
    benchmarkOf('bench.chat'),
    () => Promise.reject(new Error('there is no library')),
    new FakeClock(),
  );
  expect(measured).toMatchObject({ id: 'bench.chat', is: 'unmeasured', because: 'there is no library' });
});

test('every benchmark of an engine asks for what a studio could', async () => {
  for (const benchmark of engineBenchmarks()) {
    const clock = new FakeClock();
    expect((await engineRate(benchmark, modelOf(clock, [1, 2]).load, clock)).is).toBe('measured');
  }
});
