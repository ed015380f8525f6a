/** What a model can be computed on. */
const DEVICE_KINDS = ['cpu', 'cuda', 'rocm', 'vulkan', 'metal'] as const;
export type DeviceKind = (typeof DEVICE_KINDS)[number];
export type GpuKind = Exclude<DeviceKind, 'cpu'>;

/** The GPU that a name stands for; undefined for any other name. */
export const toGpuKind = (name: string): GpuKind | undefined =>
  DEVICE_KINDS.find((kind): kind is GpuKind => kind !== 'cpu' && kind === name);

/** What is wrong, and how to fix it. */
export interface Advice {
  readonly because: string;
  readonly hint: string;
}

/** Where an engine's models would run if one were loaded now. */
export type Where =
  | { readonly on: GpuKind }
  /** `whyNotGpu`: of an engine that could use a GPU and does not; undefined where there is nothing to mend. */
  | { readonly on: 'cpu'; readonly whyNotGpu: Advice | undefined };

/** Whether an engine can take work now. `where` is undefined for engines that cannot use a GPU, or do not know yet. */
export type Readiness =
  | { readonly ready: true; readonly where: Where | undefined }
  | (Advice & {
      readonly ready: false;
      readonly where: Where | undefined;
      /** False while the operator has not set it up, which is nothing to warn about. */
      readonly configured: boolean;
    });

/** Of an engine that works and cannot use a GPU. */
export const READY: Readiness = { ready: true, where: undefined };

/** Of an engine that lacks something. */
export const notReady = ({ because, hint }: Advice): Readiness => ({
  ready: false,
  because,
  hint,
  where: undefined,
  configured: true,
});

/** Why models run on the CPU although a GPU was expected; undefined where that is as it should be. */
export const whyNotGpu = (where: Where | undefined): Advice | undefined =>
  where?.on === 'cpu' ? where.whyNotGpu : undefined;
