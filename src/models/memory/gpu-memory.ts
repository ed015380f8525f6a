import { GIB } from '../../base/units.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import type { Gpu } from '../../system/machine/gpu-text.ts';
import type { GpuMemory, LoadedShare } from './fit.ts';

/** Where an engine keeps its weights: on a GPU, or in the memory of the machine. */
export type MemoryKind = 'gpu' | 'ram';

/** Stays free on a GPU whatever an estimate says, in GiB (studio contract, admission). */
export const MARGIN_GB = 1;
/** A machine that swaps is of no use to anybody: a tenth of its memory stays free, and at least 1 GiB. */
const RAM_MARGIN_SHARE = 0.1;
const MIN_RAM_MARGIN_GB = 1;

/** What stays free of a kind of memory, in GiB. */
export function marginGb(report: MemoryReport | undefined, kind: MemoryKind): number {
  if (kind === 'gpu') return MARGIN_GB;
  return Math.max(MIN_RAM_MARGIN_GB, ((report?.ram.totalBytes ?? 0) / GIB) * RAM_MARGIN_SHARE);
}

/** The GPUs of a report, in GiB. */
export const gpuMemory = (report: MemoryReport | undefined): readonly GpuMemory[] =>
  (report?.gpus ?? []).map(({ name, totalBytes, freeBytes }) => ({
    name,
    totalGb: totalBytes / GIB,
    freeGb: freeBytes === undefined ? undefined : freeBytes / GIB,
  }));

/** Whether any GPU reports its memory. True before the first report, since one may. */
export const mayHaveGpu = (report: MemoryReport | undefined): boolean =>
  report === undefined || report.gpus.some(({ totalBytes }) => totalBytes > 0);

/** Where a model of this kind may go: each GPU, or the memory of the machine; empty where no size is reported. */
export function memoryOfKind(report: MemoryReport | undefined, kind: MemoryKind): readonly GpuMemory[] {
  if (kind === 'gpu') return gpuMemory(report);
  const { totalBytes = 0, freeBytes = 0 } = report?.ram ?? {};
  return totalBytes === 0 ? [] : [{ name: 'memory', totalGb: totalBytes / GIB, freeGb: freeBytes / GIB }];
}

/** The most that one GPU, or the machine, has free, in GiB; undefined where it is not reported. */
export function freeGb(report: MemoryReport | undefined, kind: MemoryKind): number | undefined {
  const free = memoryOfKind(report, kind).flatMap((memory) => memory.freeGb ?? []);
  return free.length === 0 ? undefined : Math.max(...free);
}

/** The largest growth in use of any one GPU, in GiB; undefined where none reports it. */
export function grownGb(before: MemoryReport, now: MemoryReport): number | undefined {
  const grown = now.gpus.flatMap((gpu, at) => growth(gpu, before.gpus[at]) ?? []);
  return grown.length === 0 ? undefined : Math.max(...grown) / GIB;
}

/** Drivers list their GPUs in a stable order; one that appeared or disappeared meanwhile has no growth. */
function growth(now: Gpu, before: Gpu | undefined): number | undefined {
  if (before?.uuid !== now.uuid || before?.name !== now.name) return undefined;
  return now.usedBytes === undefined || before.usedBytes === undefined ? undefined : now.usedBytes - before.usedBytes;
}

export const sumGb = (shares: readonly Pick<LoadedShare, 'gb'>[]): number =>
  shares.reduce((sum, { gb }) => sum + gb, 0);
