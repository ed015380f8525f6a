import { expect, test } from 'bun:test';
import { WorkerError } from '../../../../src/base/errors.ts';
import { toModelId } from '../../../../src/base/ids.ts';
import { aJob, anOffer, aTask } from '../../../fakes/builders.ts';
import { settle } from '../../../fakes/system/fake-clock.ts';
import { memoryScene, report, share } from '../../../fakes/models/memory-scene.ts';

test('a run teaches the most it had above what was in use before', async () => {
  const { watch, learned, start, uses } = memoryScene();
  await watch.refresh();
  const run = start();
  for (const usedGb of [5, 11.5, 9]) await uses(usedGb);
  run.complete();
  await run.outcome;
  await settle();
  expect(learned).toEqual([
    { key: { model: toModelId('synthetic'), engine: 'synthetic', bucket: 'px18' }, peakGb: 9.5 },
  ]);
});

test('a run that failed, was too short or changed the GPUs teaches nothing', async () => {
  const failed = memoryScene();
  await failed.watch.refresh();
  const bad = failed.start();
  for (const usedGb of [5, 6, 7]) await failed.uses(usedGb);
  bad.fail();
  expect(await bad.outcome.catch((thrown: unknown) => thrown)).toMatchObject({ message: 'out of memory' });
  const short = memoryScene();
  await short.watch.refresh();
  const quick = short.start();
  await short.uses(5);
  quick.complete();
  await quick.outcome;
  const swapped = memoryScene();
  await swapped.watch.refresh();
  const lost = swapped.start();
  swapped.watch.now = report(9, { uuid: 'GPU-2' });
  await swapped.clock.advanceAsync(4_000);
  lost.complete();
  await lost.outcome;
  await settle();
  expect([failed.learned, short.learned, swapped.learned.map(({ peakGb }) => peakGb)]).toEqual([[], [], [0]]);
});

test('a job that follows at once counts from before the first', async () => {
  const { admission, watch, start, uses, learned } = memoryScene();
  await watch.refresh();
  const first = start();
  for (const usedGb of [15, 15, 15]) await uses(usedGb);
  first.complete();
  await first.outcome;
  const second = start();
  for (const usedGb of [12, 12, 12]) await uses(usedGb);
  expect(admission.verdict(anOffer({ vramGbEstimate: 20 })).is).toBe('fits');
  second.complete();
  await second.outcome;
  await settle();
  expect(learned.map(({ peakGb }) => peakGb)).toEqual([13, 10]);
});

test('jobs without a pause do not hide for long what others took meanwhile', async () => {
  const { admission, watch, start, uses, clock, learned } = memoryScene();
  await watch.refresh();
  const first = start();
  for (const usedGb of [6, 14, 14]) await uses(usedGb);
  clock.advance(600_000);
  await settle();
  first.complete();
  await first.outcome;
  const second = start();
  for (const usedGb of [14, 15, 14]) await uses(usedGb);
  expect(admission.verdict(anOffer({ vramGbEstimate: 20 }))).toMatchObject({ is: 'does-not-fit', freeGb: 10 });
  second.complete();
  await second.outcome;
  await settle();
  expect(learned.at(-1)?.peakGb).toBe(1);
});

test('a warm run needs the model’s memory and what it adds', async () => {
  const { watch, learned, loaded, start, uses } = memoryScene();
  watch.now = report(10);
  await watch.refresh();
  loaded.push(share('synthetic', 8), share('owl', 3));
  const run = start();
  loaded.splice(0, 1, share('synthetic', 8, true));
  for (const usedGb of [11, 12, 11]) await uses(usedGb);
  run.complete();
  await run.outcome;
  await settle();
  expect(learned.map(({ peakGb }) => peakGb)).toEqual([10]);
});

test('memory unloaded for a run does not count as its own', async () => {
  const { watch, learned, loaded, start, uses } = memoryScene();
  watch.now = report(18);
  await watch.refresh();
  loaded.push(share('owl', 16));
  const run = start();
  loaded.splice(0);
  for (const usedGb of [2, 9, 7]) await uses(usedGb);
  run.complete();
  await run.outcome;
  await settle();
  expect(learned.map(({ peakGb }) => peakGb)).toEqual([7]);
});

test('a second job at once on a model that stayed takes it once', async () => {
  const { watch, learned, loaded, start, uses } = memoryScene();
  await watch.refresh();
  const first = start();
  loaded.push(share('synthetic', 8, true));
  for (const usedGb of [10, 11, 10]) await uses(usedGb);
  first.complete();
  await first.outcome;
  loaded.splice(0, 1, share('synthetic', 8));
  const second = start();
  loaded.splice(0, 1, share('synthetic', 8, true));
  for (const usedGb of [10, 12, 10]) await uses(usedGb);
  second.complete();
  await second.outcome;
  await settle();
  expect(learned.map(({ peakGb }) => peakGb)).toEqual([9, 10]);
});

test('a job of an engine without GPU memory is not watched', async () => {
  const { start, clock } = memoryScene('none');
  const run = start();
  expect(clock.armed).toBe(0);
  run.complete();
  expect(await run.outcome).toBe('done');
});

test('a job before the driver’s first answer runs and teaches nothing', async () => {
  const { start, learned, clock } = memoryScene();
  const run = start();
  await clock.advanceAsync(5_000);
  run.complete();
  await run.outcome;
  await settle();
  expect([learned, clock.armed]).toEqual([[], 0]);
});

test('only a GPU out of memory raises what the job needs', async () => {
  const { admission, watch, short, start, uses } = memoryScene();
  watch.now = report(18);
  await watch.refresh();
  const job = aJob({ task: aTask({ kind: 'image', prompt: 'a fox' }) });
  const { fail, outcome } = start();
  await uses(23.5);
  const error = new WorkerError('engine.out-of-memory', 'cudaMalloc failed');
  expect(admission.ranOut(job, error)).toMatchObject({ gpu: 'RTX 4090', freeGb: 6, totalGb: 24 });
  expect(short).toMatchObject([{ key: { engine: 'synthetic' }, freeGb: 6 }]);
  const other = new WorkerError('engine.out-of-memory', 'std::bad_alloc', { fields: { memory: 'main' } });
  expect(admission.ranOut(job, other)).not.toHaveProperty('gpu');
  expect(short).toHaveLength(1);
  fail();
  await outcome.catch(() => {});
});

test('an engine that the kernel ended over main memory says nothing of the GPU', async () => {
  const { admission, watch, short } = memoryScene();
  await watch.refresh();
  const killed = new WorkerError('engine.out-of-memory', 'gone', { fields: { signal: 'SIGKILL' } });
  expect(admission.ranOut(aJob(), killed)).toEqual({ ramFreeGb: 0 });
  expect(short).toEqual([]);
});

test('jobs that run beside each other teach nothing about memory', async () => {
  const { admission, watch, start, uses, learned } = memoryScene();
  await watch.refresh();
  const [first, second] = [start(), start()];
  for (const usedGb of [12, 20, 20]) await uses(usedGb);
  second.complete();
  await second.outcome;
  await settle();
  expect(admission.verdict(anOffer({ vramGbEstimate: 20 })).is).toBe('fits');
  first.complete();
  await first.outcome;
  await settle();
  expect(admission.verdict(anOffer({ vramGbEstimate: 20 })).is).toBe('does-not-fit');
  expect(learned).toEqual([]);
});
