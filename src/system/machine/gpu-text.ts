import type { GpuDevice } from '../../base/gpu-device.ts';
import { GIB, KIB, MIB } from '../../base/units.ts';

/** One GPU, as its driver reports it. */
export interface Gpu extends GpuDevice {
  /** Where it is plugged in, such as `0000:03:00.0`; undefined where only its uuid is known, or neither. */
  readonly pciSlot: string | undefined;
  /** 0 when it is not reported. */
  readonly totalBytes: number;
  /** What is taken and what is free; undefined when the source does not report it. */
  readonly usedBytes: number | undefined;
  readonly freeBytes: number | undefined;
  readonly driver: string | undefined;
}

/** A GPU that has no place among the others yet. */
export type ListedGpu = Omit<Gpu, 'index'>;

/** GPUs with their place among those of their vendor, in the order in which they are listed. */
export function numbered(listed: readonly ListedGpu[]): readonly Gpu[] {
  const counts = new Map<string, number>();
  return listed.map((gpu) => {
    const index = counts.get(gpu.vendor) ?? 0;
    counts.set(gpu.vendor, index + 1);
    return { ...gpu, index };
  });
}

/** What `nvidia-smi` is asked for, in the order `parseNvidiaGpus` reads it. The name may hold a comma: it comes last. */
export const NVIDIA_QUERY = 'uuid,driver_version,memory.total,memory.used,memory.free,name';

/** GPUs from `nvidia-smi --query-gpu=… --format=csv,noheader,nounits`: a line each, memory in MiB or `[N/A]`. */
export function parseNvidiaGpus(text: string): readonly ListedGpu[] {
  return linesOf(text).flatMap((line) => {
    const [uuid = '', driver = '', total = '', used = '', free = '', ...name] = line.split(', ');
    if (name.length === 0) return []; // a message of the program's, not a GPU
    const mib = (field: string): number | undefined => scaled(field, MIB);
    return [
      {
        vendor: 'nvidia',
        name: name.join(', '),
        uuid: fact(uuid),
        pciSlot: undefined,
        totalBytes: mib(total) ?? 0,
        usedBytes: mib(used),
        freeBytes: mib(free),
        driver: fact(driver),
      },
    ];
  });
}

/**
 * A GPU from `/proc/driver/nvidia/gpus/<id>/information`, whose lines say `Model:`, `GPU UUID:` and
 * `Video Memory: 24564 MiB`, or GiB. It does not report what is in use.
 */
export function parseNvidiaInformation(text: string): ListedGpu {
  const field = (name: string): string => new RegExp(`^${name}:[^\\S\\n]*(.*)$`, 'm').exec(text)?.[1] ?? '';
  const [, amount = '', unit] = /^(\d+(?:\.\d+)?)\s*([MG])i?B/.exec(field('Video Memory')) ?? [];
  return {
    vendor: 'nvidia',
    name: fact(field('Model')) ?? 'NVIDIA GPU',
    uuid: fact(field('GPU UUID')),
    pciSlot: undefined,
    totalBytes: scaled(amount, unit === 'G' ? GIB : MIB) ?? 0,
    usedBytes: undefined,
    freeBytes: undefined,
    driver: undefined,
  };
}

/** The files of one GPU of AMD's driver. Sizes in bytes; what is missing depends on GPU and kernel. */
export interface AmdFiles {
  readonly total: string | undefined;
  readonly used: string | undefined;
  readonly productName: string | undefined;
  readonly uniqueId: string | undefined;
  readonly uevent: string | undefined;
  readonly driver: string | undefined;
}

/** A GPU from its files; undefined for one without memory of its own, as other vendors' are. */
export function parseAmdGpu(files: AmdFiles): ListedGpu | undefined {
  const totalBytes = scaled(files.total ?? '', 1);
  if (totalBytes === undefined || totalBytes === 0) return undefined;
  const usedBytes = scaled(files.used ?? '', 1);
  const [, pciId] = /^PCI_ID=(\S+)/m.exec(files.uevent ?? '') ?? [];
  const [, slot] = /^PCI_SLOT_NAME=(\S+)/m.exec(files.uevent ?? '') ?? [];
  return {
    vendor: 'amd',
    name: fact(files.productName ?? '') ?? (pciId === undefined ? 'AMD GPU' : `AMD GPU ${pciId}`),
    uuid: fact(files.uniqueId ?? '') ?? slot,
    pciSlot: slot,
    totalBytes,
    usedBytes,
    freeBytes: usedBytes === undefined ? undefined : Math.max(0, totalBytes - usedBytes),
    driver: fact(files.driver ?? ''),
  };
}

/** What one process may give to the GPU by default where they share one memory. */
const APPLE_SHARE = 0.75;

/** The GPU of an Apple machine: `sysctl -n hw.memsize machdep.cpu.brand_string`, and what `vm_stat` has available. */
export function parseAppleGpu(sysctl: string, vmStat: string): ListedGpu | undefined {
  const [size = '', name = ''] = linesOf(sysctl);
  const memory = scaled(size, 1);
  if (memory === undefined || memory === 0) return undefined;
  const totalBytes = memory * APPLE_SHARE;
  const availableBytes = parseVmStat(vmStat);
  const freeBytes = availableBytes === undefined ? undefined : Math.min(totalBytes, availableBytes);
  const usedBytes = freeBytes === undefined ? undefined : totalBytes - freeBytes;
  return {
    vendor: 'apple',
    name: fact(name) ?? 'Apple GPU',
    uuid: undefined,
    pciSlot: undefined,
    totalBytes,
    usedBytes,
    freeBytes,
    driver: undefined,
  };
}

/** Bytes that macOS can hand out without swapping: free pages, and those that can be reread from disk. */
export function parseVmStat(text: string): number | undefined {
  const page = scaled(/page size of (\d+) bytes/.exec(text)?.[1] ?? '', 1);
  const pages = ['free', 'inactive', 'speculative', 'purgeable'].map((kind) =>
    scaled(new RegExp(`^Pages ${kind}:\\s+(\\d+)\\.`, 'm').exec(text)?.[1] ?? '', 1),
  );
  if (page === undefined || pages[0] === undefined) return undefined;
  return page * pages.reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

/**
 * GPUs from the Windows registry, a line each: name, driver version and memory in bytes, separated by tabs. The 64-bit
 * value is read because `AdapterRAM` stops at 4 GiB. The registry does not report what is in use.
 */
export function parseWindowsGpus(text: string): readonly ListedGpu[] {
  return linesOf(text).flatMap((line) => {
    const [name = '', driver = '', memory = ''] = line.split('\t');
    const totalBytes = scaled(memory, 1);
    if (totalBytes === undefined || totalBytes === 0) return []; // a display without memory of its own
    const vendor = /nvidia/i.test(name) ? 'nvidia' : /amd|radeon/i.test(name) ? 'amd' : 'other';
    const unknown = { uuid: undefined, pciSlot: undefined, usedBytes: undefined, freeBytes: undefined };
    return [{ ...unknown, vendor, name: fact(name) ?? 'GPU', totalBytes, driver: fact(driver) }] satisfies ListedGpu[];
  });
}

/** Total and available memory of the machine in bytes, from `/proc/meminfo`, whose numbers are in KiB. */
export function parseMemInfo(text: string): { readonly totalBytes: number; readonly freeBytes: number } | undefined {
  const field = (name: string): number | undefined =>
    scaled(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? '', KIB);
  const totalBytes = field('MemTotal');
  const freeBytes = field('MemAvailable') ?? field('MemFree'); // kernels before 3.14 only have the latter
  return totalBytes === undefined || freeBytes === undefined ? undefined : { totalBytes, freeBytes };
}

const linesOf = (text: string): readonly string[] => text.split(/\r?\n/).filter((line) => line.trim() !== '');

/** A number in a unit, in bytes; undefined for `[N/A]` and whatever else is no number. */
function scaled(field: string, unit: number): number | undefined {
  const text = field.trim();
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) * unit : undefined;
}

/** A fact, unless it is the driver's way of saying that there is none. */
function fact(field: string): string | undefined {
  const text = field.trim();
  return text === '' || /^\[.*\]$/.test(text) ? undefined : text;
}
