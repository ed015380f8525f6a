import { expect, test } from 'bun:test';
import * as v from 'valibot';
import { DeviceNameSchema } from '../../../src/contract/results.ts';
import { ranOnGpu } from '../../../src/engines/on-gpu.ts';
import { aGpu } from '../../fakes/system/a-gpu.ts';

test('a result names the GPU beside the kind of device', () => {
  expect(ranOnGpu('cuda', aGpu(0, { index: 2 }))).toBe('cuda (RTX 4090 #2)');
});

test('a model that ran on the CPU after all names no GPU', () => {
  expect(ranOnGpu('cpu', aGpu(0))).toBe('cpu');
  expect(ranOnGpu(undefined, aGpu(0))).toBeUndefined();
});

test.each(['Radeon™ RX 7900 “XTX”', 'x'.repeat(300)])('a GPU of the name %s fits into a result', (name) => {
  expect(v.is(DeviceNameSchema, ranOnGpu('vulkan', aGpu(0, { name })))).toBe(true);
});
