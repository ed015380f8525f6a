import { expect, test } from 'bun:test';
import { toModelId } from '../../../../src/base/ids.ts';
import { GIB } from '../../../../src/base/units.ts';
import { gpuMemory } from '../../../../src/models/memory/gpu-memory.ts';
import { unfitRejection } from '../../../../src/worker/rules/memory-verdict.ts';
import { anOffer, synthetic } from '../../../fakes/builders.ts';
import { FOUR_GPUS } from '../../../fakes/engines/gpu-access.ts';
import { aGpu } from '../../../fakes/system/a-gpu.ts';
import { settle } from '../../../fakes/system/fake-clock.ts';
import { memoryScene, report, share } from '../../../fakes/models/memory-scene.ts';

test('an offer that cannot fit is rejected with its numbers', async () => {
  const { admission, watch } = memoryScene();
  await watch.refresh();
  const verdict = admission.verdict(anOffer({ vramGbEstimate: 30 }));
  expect(verdict).toMatchObject({ is: 'does-not-fit', needGb: 30, freeGb: 22, totalGb: 24 });
  expect(unfitRejection(verdict)?.reason).toBe(
    'insufficient device memory: needs 30.00 GiB, 22.00 GiB free (1.00 GiB kept in reserve)',
  );
});

test('of several GPUs the verdict names the one that it is about', async () => {
  const { admission, watch } = memoryScene('gpu', FOUR_GPUS);
  const gpus = FOUR_GPUS.map(({ index, uuid }) => aGpu(index === 2 ? 1 : 20, { index, uuid }));
  watch.now = { ...report(2), gpus };
  await watch.refresh();
  expect(admission.verdict(anOffer({ vramGbEstimate: 8 }))).toMatchObject({
    is: 'fits',
    gpu: 'RTX 4090 #2',
    freeGb: 23,
  });
});

test('an offer that fits or is unknown has no objection', async () => {
  const { admission, watch } = memoryScene();
  expect(admission.verdict(anOffer({ vramGbEstimate: 30 })).is).toBe('unknown'); // no driver answered yet
  await watch.refresh();
  expect(unfitRejection(admission.verdict(anOffer({ vramGbEstimate: 8 })))).toBeUndefined();
});

test.each(['synthetic', 'torch'] as const)('the estimate counts for every engine, %s included', async (engine) => {
  const { admission, watch } = memoryScene('none');
  await watch.refresh();
  const offered = (vramGbEstimate: number) =>
    admission.verdict(anOffer({ vramGbEstimate, modelSource: { ...synthetic, engine } }));
  expect(unfitRejection(offered(30))?.reason).toBe(
    'insufficient device memory: needs 30.00 GiB, 22.00 GiB free (1.00 GiB kept in reserve)',
  );
  expect(offered(8).is).toBe('fits');
  expect(offered(0)).toEqual({ is: 'unknown', because: 'the studio gives no estimate, and there was no run yet' });
});

test('an engine on the CPU is checked against main memory last', async () => {
  const { admission, watch } = memoryScene('none');
  watch.now = { ...report(2), ram: { totalBytes: 32 * GIB, freeBytes: 0 } };
  await watch.refresh();
  const file = { role: 'model', url: 'https://models.example/m', filename: 'm', sha256: undefined } as const;
  const modelSource = { ...synthetic, files: [{ ...file, approxBytes: BigInt(40 * GIB) }] };
  const reasonFor = (vramGbEstimate: number) =>
    unfitRejection(admission.verdict(anOffer({ vramGbEstimate, modelSource })))?.reason;
  expect(reasonFor(30)).toStartWith('insufficient device memory: needs 30.00 GiB');
  expect(reasonFor(8)).toStartWith('insufficient host memory: needs 40.00 GiB');
});

test('what earlier runs took is named as such', async () => {
  const { admission, watch, known } = memoryScene();
  await watch.refresh();
  known.set('any', { peakGb: 23, runs: 5 });
  expect(admission.verdict(anOffer())).toMatchObject({ is: 'does-not-fit', needGb: 23, needFrom: 'learned' });
});

test('free memory from before the job counts until it is back', async () => {
  const { admission, watch, start, uses } = memoryScene();
  const offer = anOffer({ vramGbEstimate: 20 });
  await watch.refresh();
  const run = start();
  for (const usedGb of [15, 15, 15]) await uses(usedGb);
  expect(admission.verdict(offer).is).toBe('fits');
  watch.now = report(6);
  run.complete();
  await run.outcome;
  expect(admission.verdict(offer).is).toBe('fits');
  await settle();
  expect(admission.verdict(offer)).toMatchObject({ is: 'does-not-fit', freeGb: 18 });
});

test('idle models count as free memory, the job’s own model as its own', async () => {
  const { admission, watch, loaded } = memoryScene();
  watch.now = report(20);
  await watch.refresh();
  loaded.push(share('owl', 16));
  expect(admission.verdict(anOffer({ vramGbEstimate: 16 }))).toMatchObject({
    is: 'fits-after-unloading',
    unload: [toModelId('owl')],
  });
  loaded.splice(0, 1, share('synthetic', 16));
  expect(admission.verdict(anOffer({ vramGbEstimate: 16 })).is).toBe('fits');
  loaded.splice(0, 1, share('owl', 16, true));
  expect(admission.verdict(anOffer({ vramGbEstimate: 16 })).is).toBe('does-not-fit');
});

test('what nobody estimated needs at least its weights', async () => {
  const { admission, watch } = memoryScene();
  const moment = { report: await watch.refresh(), loaded: [], minGb: 30 };
  expect(admission.verdictOn(anOffer({ vramGbEstimate: 0 }), moment)).toMatchObject({ is: 'does-not-fit', needGb: 30 });
  expect(admission.verdictOn(anOffer({ vramGbEstimate: 2 }), moment).is).toBe('fits');
});

test('a driver without a free-memory figure is passed on unchanged', () => {
  expect(gpuMemory(report(0, { saysUse: false }))).toEqual([{ name: 'RTX 4090', totalGb: 24, freeGb: undefined }]);
  expect(gpuMemory(undefined)).toEqual([]);
});

test.each([
  [4, 5, true],
  [4.1, 5, false],
  [21, 16.39, false],
  [14, 16.4, true],
])('a need of %p GiB with %p GiB free is taken: %p', async (needGb, freeGb, taken) => {
  const { admission, watch } = memoryScene();
  watch.now = report(24 - freeGb);
  await watch.refresh();
  const rejection = unfitRejection(admission.verdict(anOffer({ vramGbEstimate: needGb })));
  expect(rejection?.code).toBe(taken ? undefined : 'insufficient_memory');
});

test('an offer fits when any one GPU has enough memory', async () => {
  const { admission, watch } = memoryScene();
  watch.now = { ...report(20), gpus: [...report(20).gpus, ...report(4, { uuid: 'GPU-2' }).gpus] };
  await watch.refresh();
  expect(admission.verdict(anOffer({ vramGbEstimate: 19 })).is).toBe('fits');
  expect(admission.verdict(anOffer({ vramGbEstimate: 22 }))).toMatchObject({ is: 'does-not-fit', freeGb: 20 });
});

test('no estimate is promised that the largest GPU could never take', async () => {
  const { admission, watch } = memoryScene();
  expect(admission.maxEstimateGb()).toBeUndefined();
  await watch.refresh();
  const largest = admission.maxEstimateGb() ?? 0;
  expect(largest).toBe(23);
  watch.now = report(0);
  await watch.refresh();
  expect(admission.verdict(anOffer({ vramGbEstimate: largest })).is).toBe('fits');
});

test('an offloading model needs main memory unless it is loaded already', async () => {
  const { admission, watch, loaded, inRam } = memoryScene();
  watch.now = { ...report(2), ram: { totalBytes: 32 * GIB, freeBytes: 0, availableBytes: 8 * GIB } };
  await watch.refresh();
  const file = { role: 'model', url: 'https://models.example/m', filename: 'm', sha256: undefined } as const;
  const cliDefaults = { ...synthetic.cliDefaults, offloadToCpu: true };
  const files = [{ ...file, approxBytes: BigInt(6 * GIB) }];
  const offer = anOffer({ modelSource: { ...synthetic, cliDefaults, files } });
  expect(unfitRejection(admission.verdict(offer))?.reason).toStartWith('insufficient host memory: needs 6.00 GiB');
  inRam.push(share('elsewhere', 3));
  expect(admission.verdict(offer)).toMatchObject({ is: 'fits-after-unloading', unload: ['elsewhere'] });
  loaded.push(share('synthetic', 1));
  expect(admission.verdict(offer).is).toBe('fits');
});
