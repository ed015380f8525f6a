import { type GpuDevice, gpuId } from '../../base/gpu-device.ts';
import type { GpuAccess } from '../../engines/gpu-access.ts';
import type { Logger } from '../../log/logger.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import type { VulkanDevice } from '../../system/native/vulkan-devices.ts';
import type { ChildEnvironment } from '../../system/process/child.ts';
import type { Effects } from '../effects.ts';

/** What drivers report, asked for until there is a GPU in it: a driver may start later than we do. */
export function reportOnce({ gpus }: Pick<Effects, 'gpus'>): () => Promise<MemoryReport> {
  let asked: Promise<MemoryReport> | undefined;
  const ask = async (): Promise<MemoryReport> => {
    const report = await gpus.probe();
    if (report.gpus.length === 0 && (report.denied ?? []).length === 0) asked = undefined;
    return report;
  };
  return () => (asked ??= ask());
}

export interface GpuAccessOptions {
  /** Whether some may be kept from use; where none is, nobody is asked for as long as no model has to stay on one. */
  readonly hasRules: boolean;
  readonly report: () => Promise<MemoryReport>;
  /** Undefined where it could not be asked. */
  readonly vulkan: () => Promise<readonly VulkanDevice[] | undefined>;
  /** What children of engines get in any case. */
  readonly inherited: ChildEnvironment;
  readonly platform: NodeJS.Platform;
  readonly log: Logger;
}

/** Access by what drivers and Vulkan list, which is asked for when it is first needed. */
export function createGpuAccess({ hasRules, report, vulkan, inherited, platform, log }: GpuAccessOptions): GpuAccess {
  const logged = new Set<string>();
  const warn = (gpu: GpuDevice): void => {
    if (logged.has(gpuId(gpu))) return;
    logged.add(gpuId(gpu));
    log.warn('gpu.not-pinned', { name: gpu.name, uuid: gpu.uuid });
  };
  return async (device) => {
    if (device === undefined && !hasRules) return {};
    const { gpus, denied = [] } = await report();
    const all = [...gpus, ...denied.map(({ gpu }) => gpu)];
    const visible = device === undefined ? gpus : [device];
    if (visible.length === all.length) return {};
    // A machine with one GPU needs none of it.
    const { gpuVariables } = await import('../../system/machine/gpu-variables.ts');
    const naming = { all, vulkan: await vulkan(), inherited, platform };
    const { variables, notInVulkan } = gpuVariables(visible, naming);
    for (const gpu of notInVulkan) warn(gpu);
    return variables;
  };
}
