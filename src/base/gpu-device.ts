/** Whose driver serves a GPU. */
export type GpuVendor = 'nvidia' | 'amd' | 'apple' | 'other';

/** One GPU of this machine, as a model is placed on it. */
export interface GpuDevice {
  readonly vendor: GpuVendor;
  readonly name: string;
  /** The same across restarts; undefined where the driver has no such thing. */
  readonly uuid: string | undefined;
  /** Among its vendor's GPUs, in the order in which their driver lists them, from 0. */
  readonly index: number;
}

/** What tells a GPU from the others of its machine, and stays the same across restarts where its driver allows it. */
export const gpuId = ({ uuid, vendor, index }: GpuDevice): string => uuid ?? `${vendor}-${index}`;

/** A GPU beside others, for people: two of one name are told apart. */
export const gpuLabel = ({ name, index }: GpuDevice): string => `${name} #${index}`;

/** The GPU that something is kept on, as logs and records name it; nothing where its engine chose. */
export const shownGpu = (device: GpuDevice | undefined): { readonly gpu?: string } =>
  device === undefined ? {} : { gpu: gpuLabel(device) };

/** A GPU's name with what no other GPU has, where its driver gives it something. */
export const gpuWithUuid = ({ name, uuid }: Pick<GpuDevice, 'name' | 'uuid'>): string =>
  uuid === undefined ? name : `${name} (${uuid})`;

/** The names of GPUs, each once: of several that share one it is said how many. */
export const gpuNames = (gpus: readonly Pick<GpuDevice, 'name'>[]): readonly string[] =>
  [...Map.groupBy(gpus, ({ name }) => name)].map(([name, { length }]) => (length === 1 ? name : `${length} × ${name}`));
