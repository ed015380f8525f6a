import { WorkerError } from '../../base/errors.ts';
import { hasLibrary } from './shared-library.ts';

/** A device as Vulkan lists it. Its place in the list is how ggml counts (`GGML_VK_VISIBLE_DEVICES`). */
export interface VulkanDevice {
  readonly index: number;
  readonly name: string;
  /** 32 hex digits. Of NVIDIA's it is the GPU's own uuid; others derive it from where the GPU is plugged in. */
  readonly uuid: string;
  /** Where it is plugged in, such as `0000:01:00.0`; undefined where its driver does not tell. */
  readonly pciSlot: string | undefined;
}

type Libraries = Readonly<Partial<Record<NodeJS.Platform, string>>>;
const LOADERS: Libraries = { linux: 'libvulkan.so.1', win32: 'vulkan-1.dll' };

/* Numbers and layouts of the Vulkan specification, as a C compiler for 64 bits lays them out. */

const VERSION_1_2 = (1 << 22) | (2 << 12);
const TYPE_APPLICATION_INFO = 0;
const TYPE_INSTANCE_CREATE_INFO = 1;
const TYPE_PROPERTIES_2 = 1_000_059_001;
const TYPE_ID_PROPERTIES = 1_000_071_004;
const TYPE_PCI_BUS_INFO = 1_000_212_000;
const PCI_BUS_INFO_EXTENSION = 'VK_EXT_pci_bus_info';
const EXTENSION_BYTES = 260;
const NAME_BYTES = 256;
/** `VkPhysicalDeviceProperties` behind the head of a structure that can be chained; more than it takes. */
const PROPERTIES_BYTES = 2048;
const PROPERTIES_AT = 16;
const NAME_AT = PROPERTIES_AT + 20;
const UUID_BYTES = 16;
const NO_DRIVER = -9; // VK_ERROR_INCOMPATIBLE_DRIVER

/**
 * Every device that this system's Vulkan lists, in its order; none where there is no Vulkan. Loads the drivers into this
 * process, so it belongs in one that may crash.
 *
 * @throws WorkerError `native.unavailable` with the number that a driver fails with (VkResult)
 */
export async function listVulkanDevices(
  platform: NodeJS.Platform = process.platform,
): Promise<readonly VulkanDevice[]> {
  const library = LOADERS[platform];
  if (library === undefined || !(await hasLibrary(library, 'vkGetPhysicalDeviceProperties2'))) return [];
  const vulkan = await openVulkan(library);
  const instance = createInstance(vulkan);
  if (instance === undefined) return [];
  return devicesOf(instance, vulkan).map((device, index) => describe({ device, index }, vulkan));
}

async function openVulkan(library: string) {
  const { dlopen, ptr } = await import('bun:ffi');
  const { symbols } = dlopen(library, {
    vkCreateInstance: { args: ['ptr', 'ptr', 'ptr'], returns: 'i32' },
    vkEnumeratePhysicalDevices: { args: ['u64', 'ptr', 'ptr'], returns: 'i32' },
    vkEnumerateDeviceExtensionProperties: { args: ['u64', 'ptr', 'ptr', 'ptr'], returns: 'i32' },
    vkGetPhysicalDeviceProperties2: { args: ['u64', 'ptr'], returns: 'void' },
  });
  return { ...symbols, ptr };
}
type Vulkan = Awaited<ReturnType<typeof openVulkan>>;

/** Undefined where no driver is installed. */
function createInstance({ ptr, vkCreateInstance }: Vulkan): bigint | undefined {
  const application = structure(48, TYPE_APPLICATION_INFO);
  application.setUint32(44, VERSION_1_2, true);
  const creation = structure(64, TYPE_INSTANCE_CREATE_INFO);
  creation.setBigUint64(24, BigInt(ptr(application.buffer)), true);
  const instance = new BigUint64Array(1);
  const result = vkCreateInstance(ptr(creation.buffer), null, ptr(instance));
  if (result === NO_DRIVER) return undefined;
  succeed('vkCreateInstance', result);
  return instance[0];
}

function devicesOf(instance: bigint, { ptr, vkEnumeratePhysicalDevices }: Vulkan): readonly bigint[] {
  const count = new Uint32Array(1);
  const call = 'vkEnumeratePhysicalDevices';
  succeed(call, vkEnumeratePhysicalDevices(instance, ptr(count), null));
  const list = new BigUint64Array(Math.max(1, count[0] ?? 0));
  succeed(call, vkEnumeratePhysicalDevices(instance, ptr(count), ptr(list)));
  return [...list.subarray(0, count[0])];
}

function describe(
  { device, index }: { readonly device: bigint; readonly index: number },
  vulkan: Vulkan,
): VulkanDevice {
  const { ptr, vkGetPhysicalDeviceProperties2 } = vulkan;
  const hasPlace = extensionsOf(device, vulkan).includes(PCI_BUS_INFO_EXTENSION);
  const place = structure(32, TYPE_PCI_BUS_INFO);
  const id = structure(64, TYPE_ID_PROPERTIES, hasPlace ? ptr(place.buffer) : 0);
  const properties = structure(PROPERTIES_BYTES, TYPE_PROPERTIES_2, ptr(id.buffer));
  vkGetPhysicalDeviceProperties2(device, ptr(properties.buffer));
  return {
    index,
    name: textAt(new Uint8Array(properties.buffer), NAME_AT),
    uuid: new Uint8Array(id.buffer, 16, UUID_BYTES).toHex(),
    pciSlot: hasPlace ? slotIn(place) : undefined,
  };
}

function extensionsOf(device: bigint, { ptr, vkEnumerateDeviceExtensionProperties }: Vulkan): readonly string[] {
  const count = new Uint32Array(1);
  const call = 'vkEnumerateDeviceExtensionProperties';
  succeed(call, vkEnumerateDeviceExtensionProperties(device, null, ptr(count), null));
  const list = new Uint8Array(Math.max(1, count[0] ?? 0) * EXTENSION_BYTES);
  succeed(call, vkEnumerateDeviceExtensionProperties(device, null, ptr(count), ptr(list)));
  return Array.from({ length: count[0] ?? 0 }, (_, at) => textAt(list, at * EXTENSION_BYTES));
}

/** A structure as all of Vulkan's begin: its type, and the address of the one that is chained to it. */
function structure(bytes: number, type: number, next = 0): DataView<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(bytes));
  view.setUint32(0, type, true);
  view.setBigUint64(8, BigInt(next), true);
  return view;
}

/** Domain, bus, device and function, in the kernel's way of writing them. */
function slotIn(view: DataView): string {
  const hex = (at: number, digits: number): string => view.getUint32(at, true).toString(16).padStart(digits, '0');
  return `${hex(16, 4)}:${hex(20, 2)}:${hex(24, 2)}.${hex(28, 1)}`;
}

function textAt(bytes: Uint8Array, at: number): string {
  const field = bytes.subarray(at, at + NAME_BYTES);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end === -1 ? field : field.subarray(0, end));
}

function succeed(call: string, result: number): void {
  if (result !== 0) throw new WorkerError('native.unavailable', `${call} failed with ${result}`);
}

/** The list as lines, for a process that asks another for it. */
export const writeVulkanDevices = (devices: readonly VulkanDevice[]): string =>
  devices
    .map(({ uuid, pciSlot = '', name }) => `${[uuid, pciSlot, name.replaceAll(/\s+/g, ' ')].join('\t')}\n`)
    .join('');

/** The devices of such a list; what a library printed in between is none. */
export const readVulkanDevices = (text: string): readonly VulkanDevice[] =>
  text
    .split('\n')
    .map((line) => /^([0-9a-f]{32})\t([0-9a-f:.]*)\t(.*)$/.exec(line))
    .filter((found) => found !== null)
    .map(([, uuid = '', pciSlot = '', name = ''], index) => ({
      index,
      name,
      uuid,
      pciSlot: pciSlot === '' ? undefined : pciSlot,
    }));
