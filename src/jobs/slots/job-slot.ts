import type { GpuDevice } from '../../base/gpu-device.ts';

/*
 * Where jobs of this machine run at the same time: a slot for each GPU, and one for what needs none. A machine without a
 * GPU that reports its memory has one slot for everything.
 */

/** Where one job at a time runs. */
export type JobSlot =
  | { readonly kind: 'cpu'; readonly id: 'cpu' }
  | {
      readonly kind: 'gpu';
      /** See `gpuId`. */
      readonly id: string;
      readonly device: GpuDevice;
      /** The machine has others, so engines have to be kept on this one. */
      readonly isOneOfSeveral: boolean;
    };

/** The slot of what needs no GPU, and of everything where there is no other. */
export const CPU_SLOT: JobSlot = { kind: 'cpu', id: 'cpu' };

export const ONLY_SLOT: readonly JobSlot[] = [CPU_SLOT];

/** The GPU that engines have to be kept on; undefined where they choose by themselves. */
export const deviceOf = (slot: JobSlot): GpuDevice | undefined =>
  slot.kind === 'gpu' && slot.isOneOfSeveral ? slot.device : undefined;

/** The GPUs that jobs are placed on; none where engines choose, as on a machine with one. */
export const devicesOf = (slots: readonly JobSlot[]): readonly GpuDevice[] =>
  slots.flatMap((slot) => deviceOf(slot) ?? []);

/** Which slot a job may have. */
export interface SlotPreference {
  /** What needs a GPU has the slot for everything on a machine that has no other. */
  readonly needs: JobSlot['kind'];
  /**
   * Chooses among free slots of its kind; undefined where it had better wait for one that is held. Asked only on a machine
   * with several of that kind; the first free one when left out.
   */
  readonly choose?: (moment: SlotSnapshot) => JobSlot | undefined;
}

/** What a job can choose from, and what will come free. */
export interface SlotSnapshot {
  /** At least one. */
  readonly free: readonly JobSlot[];
  readonly held: readonly SlotInUse[];
}

export interface SlotInUse {
  readonly slot: JobSlot;
  /** Its result has just begun to be delivered: it will be free in a moment. */
  readonly isFreeSoon: boolean;
}

/** Of all slots, those that a job with this need may have, free or not. */
export function slotsFor(slots: readonly JobSlot[], needs: JobSlot['kind']): readonly JobSlot[] {
  const ofKind = slots.filter(({ kind }) => kind === needs);
  return ofKind.length > 0 ? ofKind : slots.filter(({ kind }) => kind === 'cpu');
}
