import { errorChain } from '../../base/errors.ts';
import { listVulkanDevices, writeVulkanDevices } from '../../system/native/vulkan-devices.ts';
import { writeError, writeOut } from '../../system/process/this-program.ts';

/** This program as the process that loads Vulkan's drivers to list their devices: `__vulkan`. A driver may crash in it. */
export async function runVulkanChild(): Promise<number> {
  try {
    await writeOut(writeVulkanDevices(await listVulkanDevices()));
    return 0;
  } catch (thrown) {
    writeError(`${errorChain(thrown)}\n`);
    return 1;
  }
}
