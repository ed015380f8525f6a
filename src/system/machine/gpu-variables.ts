import { type GpuDevice, gpuId } from '../../base/gpu-device.ts';
import type { VulkanDevice } from '../native/vulkan-devices.ts';
import type { ChildEnvironment } from '../process/child.ts';
import type { Gpu } from './gpu-text.ts';

/** What it takes to name GPUs to a program. */
export interface GpuNaming {
  /** Every GPU of the machine, those that may not be used among them. */
  readonly all: readonly Gpu[];
  /** What Vulkan lists; empty where there is no Vulkan, undefined where nobody could be asked. */
  readonly vulkan: readonly VulkanDevice[] | undefined;
  /** The variables that the program gets in any case: what they hide stays hidden. */
  readonly inherited: ChildEnvironment;
  readonly platform: NodeJS.Platform;
}

/** Variables, and GPUs that match no Vulkan device: a program that uses Vulkan may use any. */
export interface GpuVariables {
  readonly variables: ChildEnvironment;
  readonly notInVulkan: readonly GpuDevice[];
}

/**
 * The variables by which a program of CUDA, ROCm or Vulkan sees these GPUs and no others. All of them are set at once: who
 * starts a program need not know which it was built for, and each reads its own.
 */
export function gpuVariables(visible: readonly GpuDevice[], naming: GpuNaming): GpuVariables {
  if (visible.length === naming.all.length) return { variables: {}, notInVulkan: [] };
  const ids = new Set(visible.map(gpuId));
  const shown = naming.all.filter((gpu) => ids.has(gpuId(gpu)));
  const vulkan = vulkanVariables(shown, naming);
  return {
    variables: { ...cudaVariables(shown, naming), ...rocmVariables(shown, naming), ...vulkan.variables },
    notInVulkan: vulkan.unknown,
  };
}

const of = (gpus: readonly Gpu[], vendor: Gpu['vendor']): readonly Gpu[] => gpus.filter((gpu) => gpu.vendor === vendor);
const isSet = (variables: ChildEnvironment, name: string): boolean => (variables[name] ?? '') !== '';
const known = <Value>(values: readonly (Value | undefined)[]): readonly Value[] | undefined =>
  values.every((value) => value !== undefined) ? values : undefined;

/** By uuid where there is one; else by number, which only means something in the order of the bus (CUDA programming guide). */
function cudaVariables(shown: readonly Gpu[], { all, inherited }: GpuNaming): ChildEnvironment {
  const nvidia = of(shown, 'nvidia');
  if (nvidia.length === of(all, 'nvidia').length) return {};
  // An instance of a divided GPU was chosen, of which nothing is known here.
  if (/(?:^|,)\s*MIG-/i.test(inherited['CUDA_VISIBLE_DEVICES'] ?? '')) return {};
  // HIP reads it as well, and takes an empty text for nothing said (ROCm, clr).
  if (nvidia.length === 0) return { CUDA_VISIBLE_DEVICES: of(shown, 'amd').length > 0 ? '' : '-1' };
  const uuids = known(nvidia.map(({ uuid }) => uuid));
  if (uuids !== undefined) return { CUDA_VISIBLE_DEVICES: uuids.join(',') };
  return { CUDA_VISIBLE_DEVICES: nvidia.map(({ index }) => index).join(','), CUDA_DEVICE_ORDER: 'PCI_BUS_ID' };
}

/** As the kernel's driver numbers each of its GPUs; ROCm's runtime puts `GPU-` before it. */
const UNIQUE_ID = /^[0-9a-f]{16}$/i;

function rocmVariables(shown: readonly Gpu[], { all, inherited }: GpuNaming): ChildEnvironment {
  const amd = of(shown, 'amd');
  if (amd.length === of(all, 'amd').length) return {};
  // What the operator chose is counted in an order of ROCm's own, and so cannot be narrowed here.
  if (isSet(inherited, 'ROCR_VISIBLE_DEVICES') || isSet(inherited, 'HIP_VISIBLE_DEVICES')) return {};
  if (amd.length === 0) return { HIP_VISIBLE_DEVICES: '-1' };
  const ids = known(amd.map(({ uuid = '' }) => (UNIQUE_ID.test(uuid) ? `GPU-${uuid}` : undefined)));
  return ids === undefined ? {} : { ROCR_VISIBLE_DEVICES: ids.join(',') };
}

const CHOSEN = 'GGML_VK_VISIBLE_DEVICES';

/**
 * By number, in the order in which Vulkan lists its devices. That order is the loader's, so it is asked for in a process with
 * the same variables.
 */
function vulkanVariables(
  shown: readonly Gpu[],
  naming: GpuNaming,
): { readonly variables: ChildEnvironment; readonly unknown: readonly GpuDevice[] } {
  const { vulkan, inherited } = naming;
  // ggml takes an empty list as it is, which Windows cannot hand on; the loader then has no driver to load.
  if (shown.length === 0) return { variables: { [CHOSEN]: '', VK_LOADER_DRIVERS_DISABLE: '*' }, unknown: [] };
  if (vulkan?.length === 0) return { variables: {}, unknown: [] };
  const found = shown.map((gpu) => ({ gpu, device: inVulkan(gpu, naming) }));
  const unknown = found.filter(({ device }) => device === undefined).map(({ gpu }) => gpu);
  if (unknown.length > 0) return { variables: {}, unknown };
  const chosen = isSet(inherited, CHOSEN) ? (inherited[CHOSEN] ?? '').split(',').map(Number) : undefined;
  const indices = found.flatMap(({ device }) => device?.index ?? []).filter((at) => chosen?.includes(at) ?? true);
  return { variables: indices.length === 0 ? {} : { [CHOSEN]: indices.join(',') }, unknown: [] };
}

/**
 * The device of Vulkan's that is this GPU. NVIDIA's driver gives it the GPU's own uuid, AMD's tell where it is plugged in;
 * else a name has to do that is the only one of its kind on both lists.
 */
function inVulkan(gpu: Gpu, { all, vulkan = [] }: Pick<GpuNaming, 'all' | 'vulkan'>): VulkanDevice | undefined {
  const uuid = gpu.uuid?.replace(/^GPU-/i, '').replaceAll('-', '').toLowerCase();
  const exact = vulkan.find((one) => one.uuid === uuid || (gpu.pciSlot !== undefined && one.pciSlot === gpu.pciSlot));
  if (exact !== undefined) return exact;
  const named = vulkan.filter(({ name }) => isSameName(name, gpu.name));
  const namesakes = all.filter(({ name }) => isSameName(name, gpu.name));
  return named.length === 1 && namesakes.length === 1 ? named[0] : undefined;
}

/**
 * Which of Vulkan's devices the GPUs are that may be used, by `gpuId`; one of which nobody can tell is left out. Undefined
 * where there is no Vulkan.
 */
export function placesInVulkan(
  { gpus, denied = [] }: { readonly gpus: readonly Gpu[]; readonly denied?: readonly { readonly gpu: Gpu }[] },
  vulkan: GpuNaming['vulkan'],
): ReadonlyMap<string, number> | undefined {
  if (vulkan?.length === 0) return undefined;
  const naming = { all: [...gpus, ...denied.map(({ gpu }) => gpu)], vulkan };
  const places = gpus.map((gpu) => [gpuId(gpu), inVulkan(gpu, naming)?.index] as const);
  return new Map(places.flatMap(([id, index]) => (index === undefined ? [] : [[id, index] as const])));
}

/** Drivers of Mesa add themselves to a name: `AMD Radeon RX 7900 XTX (RADV NAVI31)`. */
const isSameName = (one: string, other: string): boolean => plainName(one) === plainName(other);
const plainName = (name: string): string =>
  name
    .replace(/\s*\((?:RADV|NVK|ACO)\b.*$/, '')
    .trim()
    .toLowerCase();
