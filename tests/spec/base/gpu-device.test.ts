import { expect, test } from 'bun:test';
import { gpuId, gpuLabel, gpuNames, gpuWithUuid } from '../../../src/base/gpu-device.ts';

const FIRST = { vendor: 'nvidia', name: 'RTX 4090', uuid: 'GPU-1', index: 0 } as const;
const SILENT = { ...FIRST, uuid: undefined, index: 1 };

test('a GPU is told from others by its uuid, else its place', () => {
  expect([gpuId(FIRST), gpuId(SILENT)]).toEqual(['GPU-1', 'nvidia-1']);
  expect([gpuLabel(FIRST), gpuLabel(SILENT)]).toEqual(['RTX 4090 #0', 'RTX 4090 #1']);
  expect([gpuWithUuid(FIRST), gpuWithUuid(SILENT)]).toEqual(['RTX 4090 (GPU-1)', 'RTX 4090']);
});

test('GPUs of one name are named once, with how many there are', () => {
  expect(gpuNames([FIRST, { name: 'GTX 1650' }, SILENT])).toEqual(['2 × RTX 4090', 'GTX 1650']);
  expect(gpuNames([])).toEqual([]);
});
