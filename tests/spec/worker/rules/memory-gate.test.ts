import { expect, test } from 'bun:test';
import { toModelId } from '../../../../src/base/ids.ts';
import { gpuMemory } from '../../../../src/models/memory/gpu-memory.ts';
import { unfitReason } from '../../../../src/worker/rules/memory-gate.ts';
import { anOffer, synthetic } from '../../../fakes/builders.ts';
import { settle } from '../../../fakes/system/fake-clock.ts';
import { memoryScene, report, share } from '../../../fakes/models/memory-scene.ts';

test('an offer that cannot fit is told with its numbers', async () => {
  const { gate, watch } = memoryScene();
  await watch.refresh();
  const verdict = gate.verdict(anOffer({ vramGbEstimate: 30 }));
  expect(verdict).toMatchObject({ is: 'does-not-fit', needGb: 30, freeGb: 22, totalGb: 24 });
  expect(unfitReason(verdict)).toBe(
    '30.0 GiB of GPU memory needed by the estimate and 1.0 GiB kept free, 22.0 of 24.0 GiB are free on RTX 4090',
  );
});

test('an offer that fits, or of which nothing is known, has no reason against it', async () => {
  const { gate, watch } = memoryScene();
  expect(gate.verdict(anOffer({ vramGbEstimate: 30 })).is).toBe('unknown'); // no driver answered yet
  await watch.refresh();
  expect(unfitReason(gate.verdict(anOffer({ vramGbEstimate: 8 })))).toBeUndefined();
});

test('an engine without GPU memory is asked for none, and neither is one nobody has', async () => {
  const { gate, watch } = memoryScene('none');
  await watch.refresh();
  expect(gate.verdict(anOffer({ vramGbEstimate: 30 }))).toEqual({
    is: 'unknown',
    because: 'the synthetic engine needs no GPU memory',
  });
  const foreign = anOffer({ vramGbEstimate: 30, modelSource: { ...synthetic, engine: 'sd-cpp' } });
  expect(gate.verdict(foreign).is).toBe('unknown');
});

test('what earlier runs took is named as such', async () => {
  const { gate, watch, known } = memoryScene();
  await watch.refresh();
  known.set('any', { peakGb: 23, runs: 5 });
  expect(unfitReason(gate.verdict(anOffer()))).toStartWith('23.0 GiB of GPU memory needed by earlier runs');
});

test('while a job runs and until its memory came back, what was free before counts', async () => {
  const { gate, watch, start, uses } = memoryScene();
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

test('idle models count as room, and the job\u2019s own model as memory it has already', async () => {
  const { gate, watch, loaded } = memoryScene();
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
  const { gate, watch } = memoryScene();
  const moment = { report: await watch.refresh(), loaded: [], minGb: 30 };
  expect(gate.verdictOn(anOffer({ vramGbEstimate: 0 }), moment)).toMatchObject({ is: 'does-not-fit', needGb: 30 });
  expect(gate.verdictOn(anOffer({ vramGbEstimate: 2 }), moment).is).toBe('fits');
});

test('a driver that does not say what is free is passed on as it is', () => {
  expect(gpuMemory(report(0, { saysUse: false }))).toEqual([{ name: 'RTX 4090', totalGb: 24, freeGb: undefined }]);
  expect(gpuMemory(undefined)).toEqual([]);
});
