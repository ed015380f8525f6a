import { expect, test } from 'bun:test';
import { GIB } from '../../../../src/base/units.ts';
import { deviceOf, ONLY_SLOT } from '../../../../src/jobs/slots/job-slot.ts';
import type { Gpu } from '../../../../src/system/machine/gpu-text.ts';
import type { MemoryReport } from '../../../../src/system/machine/gpus.ts';
import { slotsAfter } from '../../../../src/worker/placement/gpu-slots.ts';
import { aGpu } from '../../../fakes/system/a-gpu.ts';

const reportOf = (gpus: readonly Gpu[], about: Partial<MemoryReport> = {}): MemoryReport => ({
  gpus,
  ram: { totalBytes: 64 * GIB, freeBytes: 32 * GIB },
  reasons: [],
  ...about,
});
const nvidia = (index: number, about: Partial<Gpu> = {}): Gpu => aGpu(1, { uuid: `GPU-${index}`, index, ...about });
const amd = (index: number, about: Partial<Gpu> = {}): Gpu =>
  aGpu(1, { vendor: 'amd', name: 'Radeon', uuid: `0000:0${index}:00.0`, index, ...about });
const SILENT = { usedBytes: undefined, freeBytes: undefined };

const idsOf = (gpus: readonly Gpu[], before = ONLY_SLOT) => slotsAfter(before, reportOf(gpus)).map(({ id }) => id);
/** The GPUs that engines are kept on. */
const keptOn = (report: MemoryReport) => slotsAfter(ONLY_SLOT, report).map((slot) => deviceOf(slot)?.uuid);

test('each GPU has a slot, and what needs none has one', () => {
  expect(idsOf([nvidia(0), nvidia(1), nvidia(2), nvidia(3)])).toEqual(['GPU-0', 'GPU-1', 'GPU-2', 'GPU-3', 'cpu']);
  expect(idsOf([nvidia(0)])).toEqual(['GPU-0', 'cpu']);
});

test.each<readonly [what: string, gpus: readonly Gpu[]]>([
  ['no GPU', []],
  ['a GPU that reports no memory', [nvidia(0, { totalBytes: 0, ...SILENT })]],
  ['GPUs that report only their size', [nvidia(0, SILENT), nvidia(1, SILENT)]],
  ['a GPU with next to no memory', [amd(0, { totalBytes: GIB, freeBytes: GIB })]],
])('a machine with %s has one slot for everything', (_what, gpus) => {
  expect(slotsAfter(ONLY_SLOT, reportOf(gpus))).toBe(ONLY_SLOT);
});

test('the GPUs of one vendor have slots, NVIDIA’s before others', () => {
  expect(idsOf([nvidia(0), nvidia(1), amd(0)])).toEqual(['GPU-0', 'GPU-1', 'cpu']);
  expect(idsOf([amd(0), amd(1)])).toEqual(['0000:00:00.0', '0000:01:00.0', 'cpu']);
  expect(idsOf([aGpu(1, { vendor: 'apple', name: 'M4', uuid: undefined })])).toEqual(['apple-0', 'cpu']);
});

test('engines are kept on a GPU where there are several, or one is denied', () => {
  expect(keptOn(reportOf([nvidia(0), nvidia(1)]))).toEqual(['GPU-0', 'GPU-1', undefined]);
  expect(keptOn(reportOf([nvidia(0)]))).toEqual([undefined, undefined]);
  expect(keptOn(reportOf([nvidia(0), amd(0)]))).toEqual([undefined, undefined]);
  const denied = [{ gpu: nvidia(1), by: 'deny_gpus' }] as const;
  expect(keptOn(reportOf([nvidia(0)], { denied }))).toEqual(['GPU-0', undefined]);
  const hidden = [{ gpu: nvidia(1), by: 'CUDA_VISIBLE_DEVICES' }] as const;
  expect(keptOn(reportOf([nvidia(0)], { denied: hidden }))).toEqual([undefined, undefined]);
});

test('a driver that does not answer once loses none of its GPUs', () => {
  const before = slotsAfter(ONLY_SLOT, reportOf([nvidia(0), nvidia(1), amd(0)]));
  expect(slotsAfter(before, reportOf([]))).toBe(before);
  expect(slotsAfter(before, reportOf([amd(0)]))).toBe(before);
  expect(slotsAfter(before, reportOf([nvidia(0), nvidia(1)]))).toBe(before);
});

test('a GPU that left loses its slot, and a new one gets one', () => {
  const before = slotsAfter(ONLY_SLOT, reportOf([nvidia(0), nvidia(1)]));
  expect(idsOf([nvidia(1)], before)).toEqual(['GPU-1', 'cpu']);
  expect(idsOf([nvidia(0), nvidia(1), nvidia(2)], before)).toEqual(['GPU-0', 'GPU-1', 'GPU-2', 'cpu']);
});
