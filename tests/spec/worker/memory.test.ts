import { expect, test } from 'bun:test';
import { WorkerError } from '../../../src/base/errors.ts';
import { toModelId } from '../../../src/base/ids.ts';
import { GIB } from '../../../src/base/units.ts';
import type { LearnedPeak, LoadedShare } from '../../../src/models/admission.ts';
import type { PeakKey } from '../../../src/models/peaks.ts';
import type { MemoryReport } from '../../../src/system/gpus.ts';
import { gpuMemory } from '../../../src/models/shares.ts';
import { createMemoryGate, unfitReason } from '../../../src/worker/memory.ts';
import { aJob, anOffer, aTask, synthetic } from '../../fakes/builders.ts';
import { FakeClock, settle } from '../../fakes/fake-clock.ts';
import { ScriptedEngine } from '../../fakes/scripted-engine.ts';

function report(usedGb: number, about: { uuid?: string; saysUse?: boolean } = {}): MemoryReport {
  const { uuid = 'GPU-1', saysUse = true } = about;
  const use = saysUse ? { usedBytes: usedGb * GIB, freeBytes: (24 - usedGb) * GIB } : {};
  const gpu = { vendor: 'nvidia', name: 'RTX 4090', uuid, driver: '580', totalBytes: 24 * GIB } as const;
  return {
    gpus: [{ ...gpu, usedBytes: undefined, freeBytes: undefined, ...use }],
    ram: { totalBytes: 1, freeBytes: 1 },
    reasons: [],
  };
}

/** A gate before a GPU whose use the test sets; what was learned is kept in a list. */
function setup(memory: 'gpu' | 'none' = 'gpu') {
  const clock = new FakeClock();
  const engine = new ScriptedEngine();
  engine.memory = memory;
  const watch = {
    latest: undefined as MemoryReport | undefined,
    now: report(2),
    refresh: () => Promise.resolve((watch.latest = watch.now)),
  };
  const learned: { key: PeakKey; peakGb: number }[] = [];
  const short: { key: PeakKey; freeGb: number }[] = [];
  const known = new Map<string, LearnedPeak>();
  const loaded: LoadedShare[] = [];
  const gate = createMemoryGate({
    engines: [engine],
    watch,
    peaks: {
      find: ({ bucket }) => known.get(bucket),
      learn: (key, peakGb) => void learned.push({ key, peakGb }),
      learnShortage: (key, freeGb) => void short.push({ key, freeGb }),
    },
    loaded: () => loaded,
    clock,
  });
  /** Starts a job; the returned function ends it. */
  function start() {
    const job = aJob({ task: aTask({ kind: 'image', prompt: 'a fox' }) });
    const work = Promise.withResolvers<string>();
    const outcome = gate.watched(job, () => work.promise);
    return {
      outcome,
      complete: () => work.resolve('done'),
      fail: () => work.reject(new WorkerError('engine.failed', 'out of memory')),
    };
  }
  const uses = async (usedGb: number): Promise<void> => {
    watch.now = report(usedGb);
    await clock.advanceAsync(1_000);
  };
  return { gate, watch, known, learned, short, start, uses, clock, loaded };
}

test('an offer that cannot fit is told with its numbers', async () => {
  const { gate, watch } = setup();
  await watch.refresh();
  const verdict = gate.verdict(anOffer({ vramGbEstimate: 30 }));
  expect(verdict).toMatchObject({ is: 'does-not-fit', needGb: 30, freeGb: 22, totalGb: 24 });
  expect(unfitReason(verdict)).toBe(
    '30.0 GB of GPU memory needed by the estimate and 1.0 GB kept free, 22.0 of 24.0 GB are free on RTX 4090',
  );
});

test('an offer that fits, or of which nothing is known, has no reason against it', async () => {
  const { gate, watch } = setup();
  expect(gate.verdict(anOffer({ vramGbEstimate: 30 })).is).toBe('unknown'); // no driver answered yet
  await watch.refresh();
  expect(unfitReason(gate.verdict(anOffer({ vramGbEstimate: 8 })))).toBeUndefined();
});

test('an engine without GPU memory is asked for none, and neither is one nobody has', async () => {
  const { gate, watch } = setup('none');
  await watch.refresh();
  expect(gate.verdict(anOffer({ vramGbEstimate: 30 }))).toEqual({
    is: 'unknown',
    because: 'the synthetic engine needs no GPU memory',
  });
  const foreign = anOffer({ vramGbEstimate: 30, modelSource: { ...synthetic, engine: 'sd-cpp' } });
  expect(gate.verdict(foreign).is).toBe('unknown');
});

test('what earlier runs took is named as such', async () => {
  const { gate, watch, known } = setup();
  await watch.refresh();
  known.set('any', { peakGb: 23, runs: 5 });
  expect(unfitReason(gate.verdict(anOffer()))).toStartWith('23.0 GB of GPU memory needed by earlier runs');
});

test('a run teaches the most it had above what was in use before', async () => {
  const { watch, learned, start, uses } = setup();
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
  const failed = setup();
  await failed.watch.refresh();
  const bad = failed.start();
  for (const usedGb of [5, 6, 7]) await failed.uses(usedGb);
  bad.fail();
  expect(await bad.outcome.catch((thrown: unknown) => thrown)).toMatchObject({ message: 'out of memory' });
  const short = setup();
  await short.watch.refresh();
  const quick = short.start();
  await short.uses(5);
  quick.complete();
  await quick.outcome;
  const swapped = setup();
  await swapped.watch.refresh();
  const lost = swapped.start();
  swapped.watch.now = report(9, { uuid: 'GPU-2' });
  await swapped.clock.advanceAsync(4_000);
  lost.complete();
  await lost.outcome;
  await settle();
  expect([failed.learned, short.learned, swapped.learned.map(({ peakGb }) => peakGb)]).toEqual([[], [], [0]]);
});

test('while a job runs and until its memory came back, what was free before counts', async () => {
  const { gate, watch, start, uses } = setup();
  const offer = anOffer({ vramGbEstimate: 20 });
  await watch.refresh();
  const run = start();
  for (const usedGb of [15, 15, 15]) await uses(usedGb);
  expect(gate.verdict(offer).is).toBe('fits');
  watch.now = report(6);
  run.complete();
  await run.outcome;
  expect(gate.verdict(offer).is).toBe('fits');
  await settle();
  expect(gate.verdict(offer)).toMatchObject({ is: 'does-not-fit', freeGb: 18 });
});

test('a job that follows at once counts from before the first', async () => {
  const { gate, watch, start, uses, learned } = setup();
  await watch.refresh();
  const first = start();
  for (const usedGb of [15, 15, 15]) await uses(usedGb);
  first.complete();
  await first.outcome;
  const second = start();
  for (const usedGb of [12, 12, 12]) await uses(usedGb);
  expect(gate.verdict(anOffer({ vramGbEstimate: 20 })).is).toBe('fits');
  second.complete();
  await second.outcome;
  await settle();
  expect(learned.map(({ peakGb }) => peakGb)).toEqual([13, 10]);
});

test('jobs without a pause do not hide for long what others took meanwhile', async () => {
  const { gate, watch, start, uses, clock, learned } = setup();
  await watch.refresh();
  const first = start();
  for (const usedGb of [6, 14, 14]) await uses(usedGb);
  clock.advance(600_000);
  await settle();
  first.complete();
  await first.outcome;
  const second = start();
  for (const usedGb of [14, 15, 14]) await uses(usedGb);
  expect(gate.verdict(anOffer({ vramGbEstimate: 20 }))).toMatchObject({ is: 'does-not-fit', freeGb: 10 });
  second.complete();
  await second.outcome;
  await settle();
  expect(learned.at(-1)?.peakGb).toBe(1);
});

const share = (model: string, gb: number, inUse = false): LoadedShare => ({
  model: toModelId(model),
  gb,
  inUse,
  lastUsedAt: 0,
});

test('a run on a warm model takes what the model has and what the run adds', async () => {
  const { watch, learned, loaded, start, uses } = setup();
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

test('what was unloaded for a run is not taken for memory that it gave back', async () => {
  const { watch, learned, loaded, start, uses } = setup();
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
  const { watch, learned, loaded, start, uses } = setup();
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

test('idle models count as room, and the job\u2019s own model as memory it has already', async () => {
  const { gate, watch, loaded } = setup();
  watch.now = report(20);
  await watch.refresh();
  loaded.push(share('owl', 16));
  expect(gate.verdict(anOffer({ vramGbEstimate: 16 }))).toMatchObject({
    is: 'fits-after-unloading',
    unload: [toModelId('owl')],
  });
  loaded.splice(0, 1, share('synthetic', 16));
  expect(gate.verdict(anOffer({ vramGbEstimate: 16 })).is).toBe('fits');
  loaded.splice(0, 1, share('owl', 16, true));
  expect(gate.verdict(anOffer({ vramGbEstimate: 16 })).is).toBe('does-not-fit');
});

test('what nobody estimated needs at least its weights', async () => {
  const { gate, watch } = setup();
  const moment = { report: await watch.refresh(), loaded: [], leastGb: 30 };
  expect(gate.verdictOn(anOffer({ vramGbEstimate: 0 }), moment)).toMatchObject({ is: 'does-not-fit', needGb: 30 });
  expect(gate.verdictOn(anOffer({ vramGbEstimate: 2 }), moment).is).toBe('fits');
});

test('a job of an engine without GPU memory is not watched', async () => {
  const { start, clock } = setup('none');
  const run = start();
  expect(clock.armed).toBe(0);
  run.complete();
  expect(await run.outcome).toBe('done');
});

test('a job before the first answer of a driver is carried out, and nothing is learned', async () => {
  const { start, learned, clock } = setup();
  const run = start();
  await clock.advanceAsync(5_000);
  run.complete();
  await run.outcome;
  await settle();
  expect([learned, clock.armed]).toEqual([[], 0]);
});

test('a driver that does not say what is free is passed on as it is', () => {
  expect(gpuMemory(report(0, { saysUse: false }))).toEqual([{ name: 'RTX 4090', totalGb: 24, freeGb: undefined }]);
  expect(gpuMemory(undefined)).toEqual([]);
});

test('running out of the GPU\u2019s memory, and of no other, teaches that what was free before the job did not suffice', async () => {
  const { gate, watch, short, start, uses } = setup();
  watch.now = report(18);
  await watch.refresh();
  const job = aJob({ task: aTask({ kind: 'image', prompt: 'a fox' }) });
  const { fail, outcome } = start();
  await uses(23.5);
  const error = new WorkerError('engine.out-of-memory', 'cudaMalloc failed');
  expect(gate.ranOut(job, error)).toMatchObject({ gpu: 'RTX 4090', freeGb: 6, totalGb: 24 });
  expect(short).toMatchObject([{ key: { engine: 'synthetic' }, freeGb: 6 }]);
  const other = new WorkerError('engine.out-of-memory', 'std::bad_alloc', { fields: { memory: 'main' } });
  expect(gate.ranOut(job, other)).not.toHaveProperty('gpu');
  expect(short).toHaveLength(1);
  fail();
  await outcome.catch(() => {});
});

test('an engine that the kernel ended over main memory says nothing of the GPU', async () => {
  const { gate, watch, short } = setup();
  await watch.refresh();
  const killed = new WorkerError('engine.out-of-memory', 'gone', { fields: { signal: 'SIGKILL' } });
  expect(gate.ranOut(aJob(), killed)).toEqual({ ramFreeGb: 0 });
  expect(short).toEqual([]);
});
