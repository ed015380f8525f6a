import { expect, test } from 'bun:test';
import { GIB } from '../../../../src/base/units.ts';
import { memoryToLoad } from '../../../../src/worker/models/memory-to-load.ts';
import { aGpu, reportOf } from '../../../fakes/system/a-gpu.ts';

const ram = { totalBytes: 64 * GIB, freeBytes: 32 * GIB };

test('a machine with GPUs loads models onto the one with most free memory', () => {
  const gpus = [aGpu(20), aGpu(6, { uuid: 'GPU-2' })];
  expect(memoryToLoad({ ...reportOf(aGpu(0)), gpus })).toEqual({ freeGb: 18, marginGb: 1 });
});

test('a machine without a GPU keeps a tenth of its RAM free of models', () => {
  expect(memoryToLoad({ gpus: [], ram, reasons: [] })).toEqual({ freeGb: 32, marginGb: 6.4 });
});

test('nothing counts as free before the first report', () => {
  expect(memoryToLoad(undefined)).toEqual({ freeGb: 0, marginGb: 1 });
});
