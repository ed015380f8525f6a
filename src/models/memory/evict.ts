import { pause } from '../../base/pause.ts';
import { roundToTenths, SECOND_MS } from '../../base/units.ts';
import type { GpuDevice } from '../../base/gpu-device.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import type { LoadedShare, MemoryVerdict } from './fit.ts';
import { freeGb, marginGb, type MemoryKind } from './gpu-memory.ts';
import { isSameGpu, reportOn, sharesOn } from './one-gpu.ts';

/** Measures memory before a model is loaded. */
export interface MemoryProbe {
  /** The newest report; undefined before the first. */
  readonly latest: MemoryReport | undefined;
  /** Measures now. Never rejects. */
  refresh(): Promise<MemoryReport>;
  /** What a process has in memory, in bytes; undefined where the system does not report it. */
  sizeOf(pid: number): Promise<number | undefined>;
}

/** The models that may be evicted. */
export interface Evictable {
  shares(kind: MemoryKind): readonly LoadedShare[];
  /** Unloads this model if it is idle. Settles when it is out of memory. */
  unload(share: Pick<LoadedShare, 'model' | 'device'>, because: 'evicted' | 'memory-pressure'): Promise<void>;
}

/** What eviction works with. */
export interface EvictOptions {
  readonly probe: MemoryProbe;
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  readonly log: Logger;
}

/** What a load needs of memory. */
export interface MemoryRequest {
  readonly kind: MemoryKind;
  /** The GPU it is kept on, and whose memory alone counts; undefined where its engine chooses, and for what goes into RAM. */
  readonly device?: GpuDevice | undefined;
  readonly fits: (report: MemoryReport, loaded: readonly LoadedShare[]) => MemoryVerdict;
}

/** What a model on a GPU keeps in the memory of the machine besides. */
export interface HostShare extends Pick<MemoryRequest, 'fits'> {
  readonly gb: number;
}

/** A driver frees memory a moment after the process is gone; one that takes longer has leaked it. */
const FREED_WITHIN_MS = 3 * SECOND_MS;
const CHECK_EVERY_MS = SECOND_MS / 4;
/** The share of a model that has to be free again. Not all: other programs take and free memory at the same time. */
const FREED_SHARE = 0.8;

/**
 * Evicts idle models, the least recently used first, until the request fits or none is left to evict. The driver is asked
 * again after each, so that memory counts as free once it was seen to be. Returns the last report.
 */
export async function evictUntilFits(
  request: MemoryRequest,
  holders: Evictable,
  options: EvictOptions,
  signal: AbortSignal,
): Promise<MemoryReport> {
  for (;;) {
    const report = await options.probe.refresh();
    signal.throwIfAborted();
    const loaded = sharesOn(holders.shares(request.kind), request.device);
    const verdict = request.fits(reportOn(report, request.device), loaded);
    if (verdict.is === 'does-not-fit') {
      const { needGb, freeGb: nowGb } = verdict;
      options.log.warn('memory.short', {
        needGb: roundToTenths(needGb),
        freeGb: roundToTenths(nowGb),
        marginGb: verdict.marginGb,
      });
    }
    const [first] = verdict.is === 'fits-after-unloading' ? verdict.unload : [];
    const share = loaded.find(({ model, inUse }) => model === first && !inUse);
    if (share === undefined) return report;
    await holders.unload(share, 'evicted');
    await untilFreed({ ...request, gb: share.gb, before: report }, options, signal);
  }
}

interface Freeing extends Pick<MemoryRequest, 'kind' | 'device'> {
  readonly gb: number;
  readonly before: MemoryReport;
}

/** Waits until freed memory shows, but not for ever: what is not freed is logged, and what is free counts. */
async function untilFreed(
  { kind, device, gb, before }: Freeing,
  { probe, clock, log }: EvictOptions,
  signal: AbortSignal,
): Promise<void> {
  const beforeGb = freeGb(reportOn(before, device), kind);
  if (beforeGb === undefined) return; // nobody reports it
  const since = clock.elapsed();
  for (;;) {
    const nowGb = freeGb(reportOn(await probe.refresh(), device), kind) ?? beforeGb;
    const waitedMs = Math.round(clock.elapsed() - since);
    const numbers = {
      kind,
      expectedGb: roundToTenths(gb),
      freedGb: roundToTenths(nowGb - beforeGb),
      freeGb: roundToTenths(nowGb),
      waitedMs,
    };
    // The memory of the machine is free with the end of the process; only a driver needs a moment.
    if (kind === 'ram' || nowGb - beforeGb >= gb * FREED_SHARE) return log.debug('memory.freed', numbers);
    if (waitedMs >= FREED_WITHIN_MS) return log.warn('memory.not-freed', numbers);
    await pause(clock, CHECK_EVERY_MS, signal);
    signal.throwIfAborted();
  }
}

/** Evicts idle models while less memory is free than has to stay free: other programs need it. */
export async function evictUnderPressure(
  now: MemoryReport,
  holders: Evictable,
  { probe }: Pick<EvictOptions, 'probe'>,
): Promise<void> {
  for (const gpu of gpusOf(holders.shares('gpu'))) {
    const onGpu = (): readonly LoadedShare[] => holders.shares('gpu').filter(({ device }) => isSameGpu(device, gpu));
    for (let report = now; isTight(reportOn(report, gpu), 'gpu'); report = await probe.refresh()) {
      const [oldest] = idle(onGpu());
      if (oldest === undefined) break;
      await holders.unload(oldest, 'memory-pressure');
    }
  }
  for (let report = now; isTight(report, 'ram'); report = await probe.refresh()) {
    const [oldest] = idle(holders.shares('ram'));
    if (oldest === undefined) break;
    await holders.unload(oldest, 'memory-pressure');
  }
}

/** Each GPU that has models of ours; undefined stands for the one, or those, that engines chose. */
const gpusOf = (shares: readonly LoadedShare[]): readonly (GpuDevice | undefined)[] =>
  shares
    .map(({ device }) => device)
    .filter((device, at, all) => all.findIndex((other) => isSameGpu(other, device)) === at);

function isTight(report: MemoryReport, kind: MemoryKind): boolean {
  const free = freeGb(report, kind);
  return free !== undefined && free < marginGb(report, kind);
}

const idle = (shares: readonly LoadedShare[]): readonly LoadedShare[] =>
  shares.filter(({ inUse }) => !inUse).toSorted((a, b) => a.lastUsedElapsedMs - b.lastUsedElapsedMs);
