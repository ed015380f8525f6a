import { KIB } from '../../base/units.ts';
import type { Logger } from '../../log/logger.ts';
import type { Loaded } from './lane.ts';
import type { UnloadReason } from './lifecycle.ts';
import type { MemoryProbe } from '../memory/evict.ts';
import { freeGb } from '../memory/gpu-memory.ts';
import type { Entry } from './entry.ts';

/** Says that a model leaves memory and what that frees: once its driver has said so, where there is one to ask. */
export function logUnloaded<Model extends Loaded>(
  { wanted, lane, gb }: Entry<Model>,
  because: UnloadReason,
  { probe, log }: { readonly probe: MemoryProbe; readonly log: Logger },
): void {
  if (lane.model?.process === undefined) return; // nobody held it, so nothing is freed
  const { engine, model, kind } = wanted;
  const tell = (freedGb: number): void =>
    log.info('model.unloaded', { engine, model, because, freedMb: Math.round(freedGb * KIB) });
  const beforeGb = freeGb(probe.latest, kind);
  // A worker on its way out asks no driver any more, and what a process had is gone with it.
  if (because === 'stopping' || kind === 'ram' || beforeGb === undefined) return tell(gb);
  void lane
    .unload(because)
    .then(() => probe.refresh())
    .then((report) => tell(Math.max(0, (freeGb(report, kind) ?? beforeGb) - beforeGb)));
}
