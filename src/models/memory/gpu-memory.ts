import { GIB } from '../../base/units.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import type { Gpu } from '../../system/machine/gpu-text.ts';
import type { GpuMemory } from './fit.ts';

/** Where an engine keeps weights. */
export type MemoryKind = 'gpu' | 'ram';

/** Stays free on a GPU whatever an estimate says (studio contract, admission). */
export const MARGIN_GB = 1;
/** A machine that swaps is of no use to anybody: a tenth of its memory stays free for all else, and no less than this. */
const RAM_MARGIN_SHARE = 0.1;
const LEAST_RAM_MARGIN_GB = 1;

/** What stays free of a kind of memory, in GiB. */
export function marginGb(report: MemoryReport | undefined, kind: MemoryKind): number {
  if (kind === 'gpu') return MARGIN_GB;
  return Math.max(LEAST_RAM_MARGIN_GB, ((report?.ram.totalBytes ?? 0) / GIB) * RAM_MARGIN_SHARE);
}

/** A driver's report in the words of admission. */
export const gpuMemory = (report: MemoryReport | undefined): readonly GpuMemory[] =>
  (report?.gpus ?? []).map(({ name, totalBytes, freeBytes }) => ({
    name,
    totalGb: totalBytes / GIB,
    freeGb: freeBytes === undefined ? undefined : freeBytes / GIB,
  }));

/** Whether a GPU says how much memory it has. Before the first answer one may, as far as anybody knows. */
export const mayHaveGpu = (report: MemoryReport | undefined): boolean =>
  report === undefined || report.gpus.some(({ totalBytes }) => totalBytes > 0);

/** The places of one kind where a model may go; the machine's memory is one, and none where nobody says its size. */
export function memoryOfKind(report: MemoryReport | undefined, kind: MemoryKind): readonly GpuMemory[] {
  if (kind === 'gpu') return gpuMemory(report);
  const { totalBytes = 0, freeBytes = 0 } = report?.ram ?? {};
  return totalBytes === 0 ? [] : [{ name: 'memory', totalGb: totalBytes / GIB, freeGb: freeBytes / GIB }];
}

/** The most that any place of a kind has free, in GiB; undefined where nobody says. */
export function freeGb(report: MemoryReport | undefined, kind: MemoryKind): number | undefined {
  const free = memoryOfKind(report, kind).flatMap((place) => place.freeGb ?? []);
  return free.length === 0 ? undefined : Math.max(...free);
}

/** How much more one GPU has in use than before, of all the one with the most, in GiB; undefined where none says. */
export function grownGb(before: MemoryReport, now: MemoryReport): number | undefined {
  const grown = now.gpus.flatMap((gpu, at) => growth(gpu, before.gpus[at]) ?? []);
  return grown.length === 0 ? undefined : Math.max(...grown) / GIB;
}

/** Drivers list their GPUs in a steady order; one that came or went meanwhile says nothing. */
function growth(now: Gpu, before: Gpu | undefined): number | undefined {
  if (before?.uuid !== now.uuid || before?.name !== now.name) return undefined;
  return now.usedBytes === undefined || before.usedBytes === undefined ? undefined : now.usedBytes - before.usedBytes;
}
