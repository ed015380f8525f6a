import { type GpuDevice, gpuId } from '../../base/gpu-device.ts';
import type { Engine } from '../../engines/engine.ts';
import type { Resident } from '../../models/loaded/residency.ts';
import type { MemoryProbe } from '../../models/memory/evict.ts';
import type { MemoryAdmission } from '../rules/memory-admission.ts';
import { needsGpu, type SlotPreferenceOptions } from './slot-preference.ts';

export interface PreloadDeviceOptions {
  readonly admission: Pick<MemoryAdmission, 'placement'>;
  readonly probe: Pick<MemoryProbe, 'latest' | 'refresh'>;
  readonly machine: SlotPreferenceOptions['machine'];
  /** The GPUs that jobs are placed on; none where engines choose. */
  readonly devices: () => readonly GpuDevice[];
}

/**
 * Which GPU a preloaded model goes to: where it was before, as long as that one is there, and
 * otherwise where a job on it would go. Undefined where its engine chooses.
 */
export const preloadDeviceFor =
  ({ admission, probe, machine, devices }: PreloadDeviceOptions) =>
  async (
    { model, source, gb, gpu }: Resident,
    engine: Pick<Engine, 'id' | 'memory'>,
  ): Promise<GpuDevice | undefined> => {
    if (probe.latest === undefined) await probe.refresh();
    if (devices().length === 0 || !needsGpu(engine, machine.where(engine.id))) return undefined;
    const before = devices().find((device) => gpuId(device) === gpu);
    const toPlace = { model, task: undefined, vramGbEstimate: gb, modelSource: source };
    return before ?? admission.placement(toPlace, () => 'free')?.device;
  };
