import { gpuId } from '../../base/gpu-device.ts';
import type { Engine } from '../../engines/engine.ts';
import type { Where } from '../../engines/readiness.ts';
import type { SlotSnapshot, SlotPreference } from '../../jobs/slots/job-slot.ts';
import type { PlaceableGpu } from '../../models/memory/placement.ts';
import type { MachineFacts } from '../engines/machine-facts.ts';
import type { MemoryAdmission, MemoryOffer } from '../rules/memory-admission.ts';

export interface SlotPreferenceOptions {
  readonly engines: readonly Pick<Engine, 'id' | 'memory'>[];
  readonly machine: Pick<MachineFacts, 'where'>;
  readonly admission: Pick<MemoryAdmission, 'placement'>;
}

/** Which slot a job is to have: by what its engine computes on, and where there is memory for it. */
export const slotPreferenceFor =
  ({ engines, machine, admission }: SlotPreferenceOptions) =>
  (offer: MemoryOffer): SlotPreference => {
    const { engine: id } = offer.modelSource;
    const engine = engines.find((one) => one.id === id);
    return {
      needs: engine !== undefined && needsGpu(engine, machine.where(id)) ? 'gpu' : 'cpu',
      choose: (moment) => {
        const placement = admission.placement(offer, (device) => stateOf(gpuId(device), moment));
        if (placement === undefined) return moment.free[0];
        if (placement.is === 'waits-for') return undefined;
        return moment.free.find((slot) => slot.id === gpuId(placement.device));
      },
    };
  };

/** Whether jobs of an engine compute on a GPU. One that falls back to the CPU shares the slot of what needs no GPU. */
export function needsGpu({ id, memory }: Pick<Engine, 'id' | 'memory'>, where: Where | undefined): boolean {
  // An app of the operator's may compute on a GPU of this machine, and does not say.
  if (id === 'gradio') return true;
  return where === undefined ? memory === 'gpu' : where.on !== 'cpu';
}

function stateOf(id: string, { free, held }: SlotSnapshot): PlaceableGpu['is'] {
  if (free.some((slot) => slot.id === id)) return 'free';
  return held.find(({ slot }) => slot.id === id)?.isFreeSoon === true ? 'soon' : 'in-use';
}
