import type { GpuDevice } from '../../base/gpu-device.ts';
import { createScheduler, type Scheduler, type SchedulerOptions } from '../../jobs/scheduler.ts';
import { devicesOf, type JobSlot, ONLY_SLOT } from '../../jobs/slots/job-slot.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import { slotsAfter } from './gpu-slots.ts';

/** The slots that jobs of this machine run on, as its drivers report its GPUs, and who leases them. */
export interface MachineSlots {
  readonly scheduler: Scheduler;
  /** The GPUs that jobs are placed on; none where engines choose, as on a machine with one. */
  devices(): readonly GpuDevice[];
  /** To be called with each report of the drivers: a machine has one slot until the first. */
  onReport(report: MemoryReport): void;
  /** How many jobs that need a GPU run at a time. */
  parallelJobs(): number;
  /** Takes the one to call when that changed. */
  onParallelJobs(call: () => void): void;
  /** Takes the one to call when a request of this machine waits and a slot is left to the studio for a moment. */
  onLeftFree(call: () => void): void;
}

/** A machine with one slot for everything, until its drivers report. */
export function createMachineSlots(options: Pick<SchedulerOptions, 'clock' | 'localPriority'>): MachineSlots {
  let slots: readonly JobSlot[] = ONLY_SLOT;
  let leftFree = (): void => {};
  let changed = (): void => {};
  const parallelJobs = (): number => Math.max(1, devicesOf(slots).length);
  const scheduler = createScheduler({ ...options, onLeftFree: () => leftFree(), slots: () => slots });
  return {
    scheduler,
    devices: () => devicesOf(slots),
    onReport(report) {
      const before = parallelJobs();
      slots = slotsAfter(slots, report);
      scheduler.reconsider();
      if (parallelJobs() !== before) changed();
    },
    parallelJobs,
    onParallelJobs: (call) => void (changed = call),
    onLeftFree: (call) => void (leftFree = call),
  };
}
