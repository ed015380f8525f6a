import { gpuId } from '../../base/gpu-device.ts';
import { GIB } from '../../base/units.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import { type Evictable, evictUnderPressure, evictUntilFits, type MemoryProbe } from '../memory/evict.ts';
import { grownGb } from '../memory/gpu-memory.ts';
import { reportOn } from '../memory/one-gpu.ts';
import type { Entries } from './entries.ts';
import type { Entry, LoadRequest } from './entry.ts';
import type { LoadedWeights } from './lane.ts';
import { isIdle } from './lifecycle.ts';
import { PressureWatch } from './pressure-watch.ts';

/** What the upkeep works with. */
export interface MemoryUpkeepOptions {
  readonly probe: MemoryProbe;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called when the size of a model became known. */
  readonly onChange: () => void;
}

/** The memory of the pool: evicts for what is to be loaded, measures what was, and leaves enough to other programs. */
export class MemoryUpkeep<Model extends LoadedWeights> {
  readonly #options: MemoryUpkeepOptions;
  readonly #evictable: Evictable;
  readonly #pressure: PressureWatch;
  /** How often any model was loaded or unloaded, by its GPU. */
  readonly #changeCounts = new Map<string | undefined, number>();

  constructor(entries: Entries<Model>, options: MemoryUpkeepOptions) {
    this.#options = options;
    this.#evictable = {
      shares: (kind) => entries.shares(kind),
      unload: async (share, because) => {
        await Promise.all(entries.idleOf(share).map(({ lane }) => lane.unload(because)));
      },
    };
    this.#pressure = new PressureWatch(options.clock, {
      hasIdle: () => entries.hasIdle,
      check: () => void options.probe.refresh().then((now) => evictUnderPressure(now, this.#evictable, options)),
    });
  }

  /** Evicts idle models until this one fits, or none is left to evict. Returns memory as it is then. */
  async evictFor(request: LoadRequest<Model>, signal: AbortSignal): Promise<MemoryReport> {
    const report = await evictUntilFits(request, this.#evictable, this.#options, signal);
    if (request.host === undefined) return report;
    const onHost = { kind: 'ram', fits: request.host.fits } as const;
    return await evictUntilFits(onHost, this.#evictable, this.#options, signal);
  }

  /** This model was loaded or unloaded. */
  countChange(entry: Entry<Model>): void {
    const gpu = idOfGpu(entry);
    entry.changeCount = (this.#changeCounts.get(gpu) ?? 0) + 1;
    this.#changeCounts.set(gpu, entry.changeCount);
  }

  /** Checks for pressure by other programs from now on, as long as something is idle. */
  watch(): void {
    this.#pressure.update();
  }

  /** Measures a model that is idle now, and evicts models if other programs are left too little memory. */
  async measure(entry: Entry<Model>): Promise<void> {
    this.watch();
    const { probe, onChange } = this.#options;
    const { useCount, lane, beforeLoad, request } = entry;
    const pid = lane.model?.process?.pid;
    const bytes = pid === undefined || request.kind === 'gpu' ? undefined : await probe.sizeOf(pid);
    if (bytes !== undefined) entry.gb = bytes / GIB;
    onChange();
    if (useCount > 1) return; // not after each job: the pressure watch asks the driver soon enough
    const report = await probe.refresh();
    // What the driver reports in use beyond before is this model's, as long as nothing else happened meanwhile.
    const isAlone =
      entry.useCount === useCount && isIdle(lane.state) && entry.changeCount === this.#changeCounts.get(idOfGpu(entry));
    if (request.kind === 'gpu' && isAlone && beforeLoad !== undefined) {
      entry.gb = Math.max(
        0,
        grownGb(reportOn(beforeLoad, request.device), reportOn(report, request.device)) ?? entry.gb,
      );
      onChange();
    }
    await evictUnderPressure(report, this.#evictable, this.#options);
  }
}

const idOfGpu = ({ request }: Pick<Entry<LoadedWeights>, 'request'>): string | undefined =>
  request.device && gpuId(request.device);
