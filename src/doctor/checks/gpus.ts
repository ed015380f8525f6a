import { gpuId, gpuWithUuid } from '../../base/gpu-device.ts';
import type { Gpu } from '../../system/machine/gpu-text.ts';
import type { DoctorDeps } from '../deps.ts';
import { type Check, type Finding, ok, skipped, warning } from '../finding.ts';

/** The GPUs of this machine, one by one. */
export const GPU_CHECKS: readonly Check[] = [
  {
    id: 'gpu.devices',
    title: 'each GPU is used, or kept from use, as the config says',
    page: [
      'Every GPU that a driver reports is listed with its uuid. `allow_gpus` names the only ones to use, `deny_gpus` those never to use, by uuid, by its beginning, or by a part of what the GPU is called. Both count from the next start of the worker. GPUs that CUDA_VISIBLE_DEVICES hides from the worker are not used either.',
      'With several GPUs the list also says how engines see each: chat models by CUDA or by Vulkan, images and video by Vulkan, which counts in an order of its own. Where it cannot be told which of its devices a GPU is, an engine that uses Vulkan may run on another one; a driver that gives a uuid or a place helps, as does a GPU of another name.',
    ],
    run: devices,
  },
];

async function devices({ gpus, inVulkan }: DoctorDeps): Promise<Finding> {
  const { gpus: used, denied = [], ruleProblems = [], reasons } = await gpus();
  if (ruleProblems.length > 0) return warning(ruleProblems.join('; '), CORRECT);
  if (used.length + denied.length === 0) return skipped(`there is no GPU: ${reasons.join('; ')}`);
  const isOneOfSeveral = used.length + denied.length > 1; // the only one is found by every engine
  const indices = isOneOfSeveral ? await inVulkan() : undefined;
  const lines = [
    ...used.map((gpu) => `${gpuWithUuid(gpu)}${isOneOfSeveral ? `: ${seenBy(gpu, indices)}` : ''}`),
    ...denied.map(({ gpu, by }) => `${gpuWithUuid(gpu)}: not used, by ${by}`),
  ];
  const isMissing = indices !== undefined && used.some((gpu) => gpu.vendor !== 'apple' && !indices.has(gpuId(gpu)));
  return isMissing ? warning(lines.join('; '), TELL_APART) : ok(lines.join('; '));
}

const CORRECT =
  'Correct the name with `studio-worker config set`, or take it back with `studio-worker config unset`; then restart the worker.';
const TELL_APART = 'Install the current driver of the GPU, by which Vulkan tells its uuid or where it is plugged in.';

/** By what engines see it. */
function seenBy(gpu: Gpu, indices: ReadonlyMap<string, number> | undefined): string {
  if (gpu.vendor === 'apple') return 'every engine by Metal';
  const isNvidia = gpu.vendor === 'nvidia';
  if (indices === undefined) return isNvidia ? 'llama-cpp by CUDA' : 'no engine, as there is no Vulkan';
  const index = indices.get(gpuId(gpu));
  const vulkan = index === undefined ? 'Vulkan, as no device that is known' : `device ${index} of Vulkan`;
  return isNvidia ? `llama-cpp by CUDA, sd-cpp by ${vulkan}` : `llama-cpp and sd-cpp by ${vulkan}`;
}
