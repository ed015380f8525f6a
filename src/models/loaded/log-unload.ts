import { shownGpu } from '../../base/gpu-device.ts';
import { KIB } from '../../base/units.ts';
import type { Logger } from '../../log/logger.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import type { MemoryProbe } from '../memory/evict.ts';
import { freeGb } from '../memory/gpu-memory.ts';
import { reportOn } from '../memory/one-gpu.ts';
import type { Entry } from './entry.ts';
import type { LoadedWeights } from './lane.ts';
import type { UnloadReason } from './lifecycle.ts';

/** Logs that a model is unloaded and what that freed, as its driver reports it where there is one. */
export function logUnloaded<Model extends LoadedWeights>(
  { request, lane, gb }: Entry<Model>,
  because: UnloadReason,
  { probe, log }: { readonly probe: MemoryProbe; readonly log: Logger },
): void {
  if (lane.model?.process === undefined) return; // no process held it, so nothing is freed
  const { engine, model, kind, device } = request;
  const report = (freedGb: number): void =>
    log.info('model.unloaded', { engine, model, because, freedMb: Math.round(freedGb * KIB), ...shownGpu(device) });
  const freeNow = (report: MemoryReport | undefined): number | undefined =>
    freeGb(report && reportOn(report, device), kind);
  const beforeGb = freeNow(probe.latest);
  // A stopping worker asks no driver any more, and what a process had is gone with it.
  if (because === 'stopping' || kind === 'ram' || beforeGb === undefined) return report(gb);
  void lane
    .unload(because)
    .then(() => probe.refresh())
    .then((now) => report(Math.max(0, (freeNow(now) ?? beforeGb) - beforeGb)));
}
