import { gpuId, type GpuVendor } from '../../base/gpu-device.ts';
import { GIB } from '../../base/units.ts';
import { CPU_SLOT, type JobSlot } from '../../jobs/slots/job-slot.ts';
import type { Gpu } from '../../system/machine/gpu-text.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import { CUDA_VISIBLE } from './gpu-rules.ts';

/** With GPUs of several vendors, engines use those of the first of these that has any: a machine's large ones are NVIDIA's as a rule. */
const VENDORS: readonly GpuVendor[] = ['nvidia', 'amd', 'apple', 'other'];
/** What a CPU brings for its display: no model runs there while a job has the other. */
const MIN_SLOT_BYTES = 2 * GIB;

/**
 * The slots of a machine by what its drivers report now, where `before` were its slots: one for each GPU of one vendor that
 * reports how much of its memory is free, and one for what needs none. A driver that has no answer once has not lost its
 * GPUs. Pure; the same list while nothing changes.
 */
export function slotsAfter(before: readonly JobSlot[], report: MemoryReport): readonly JobSlot[] {
  const vendor = VENDORS.find((one) => report.gpus.some((gpu) => gpu.vendor === one && hasSlot(gpu)));
  const known = before.find((slot) => slot.kind === 'gpu');
  if (vendor === undefined) return before;
  if (known !== undefined && known.device.vendor !== vendor && !report.gpus.some(isOf(known.device.vendor)))
    return before;
  const gpus = report.gpus.filter((gpu) => gpu.vendor === vendor && hasSlot(gpu));
  const isOneOfSeveral = gpus.length > 1 || isAnyDenied(report);
  const slots = gpus.map((gpu): JobSlot => {
    const { name, uuid, index } = gpu;
    return { kind: 'gpu', id: gpuId(gpu), device: { vendor, name, uuid, index }, isOneOfSeveral };
  });
  const next = [...slots, CPU_SLOT];
  return shown(next) === shown(before) ? before : next;
}

const hasSlot = ({ totalBytes, freeBytes }: Gpu): boolean => totalBytes >= MIN_SLOT_BYTES && freeBytes !== undefined;

const isOf =
  (vendor: GpuVendor) =>
  (gpu: Gpu): boolean =>
    gpu.vendor === vendor;

/** An engine sees the GPUs that the operator denies. What the environment hides from CUDA it does not see anyway. */
const isAnyDenied = ({ denied = [] }: MemoryReport): boolean => denied.some(({ by }) => by !== CUDA_VISIBLE);

const shown = (slots: readonly JobSlot[]): string =>
  slots.map((slot) => `${slot.id} ${slot.kind === 'gpu' && slot.isOneOfSeveral}`).join();
