import { pause } from '../../base/pause.ts';
import { roundToTenths, SECOND_MS } from '../../base/units.ts';
import type { ModelId } from '../../base/ids.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import type { LoadedShare, MemoryVerdict } from './fit.ts';
import { freeGb, marginGb, type MemoryKind } from './gpu-memory.ts';

/** Memory, as whoever loads models probe at it. */
export interface MemoryProbe {
  /** The newest answer; undefined before the first. */
  readonly latest: MemoryReport | undefined;
  /** Asks now. Never rejects. */
  refresh(): Promise<MemoryReport>;
  /** What a process has in memory, in bytes; undefined where the system does not say. */
  sizeOf(pid: number): Promise<number | undefined>;
}

/** The models that may have to go, as making room sees them. */
export interface Evictable {
  shares(kind: MemoryKind): readonly LoadedShare[];
  /** Settles when it is out of memory. */
  unload(model: ModelId, because: 'evicted' | 'memory-pressure'): Promise<void>;
}

export interface EvictOptions {
  readonly probe: MemoryProbe;
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  readonly log: Logger;
}

/** What a load asks of memory. */
export interface MemoryRequest {
  readonly kind: MemoryKind;
  readonly fits: (report: MemoryReport, loaded: readonly LoadedShare[]) => MemoryVerdict;
}

/** A driver takes memory back a moment after the process is gone; one that takes longer has lost it. */
const GIVEN_BACK_WITHIN_MS = 3 * SECOND_MS;
const LOOK_EVERY_MS = SECOND_MS / 4;
/** Not to the byte: others take and give at the same time. */
const MOST_OF_IT = 0.8;

/**
 * Unloads idle models, the least recently used first, until there is room for another. Each time the driver is asked
 * anew, so that memory counts as free once it was seen to be. Gives the last answer.
 */
export async function evictUntilFits(
  question: MemoryRequest,
  holders: Evictable,
  options: EvictOptions,
  signal: AbortSignal,
): Promise<MemoryReport> {
  for (;;) {
    const report = await options.probe.refresh();
    signal.throwIfAborted();
    const loaded = holders.shares(question.kind);
    const verdict = question.fits(report, loaded);
    if (verdict.is === 'does-not-fit') {
      const { needGb, freeGb: nowGb } = verdict;
      options.log.warn('memory.short', {
        needGb: roundToTenths(needGb),
        freeGb: roundToTenths(nowGb),
        marginGb: verdict.marginGb,
      });
    }
    const [first] = verdict.is === 'fits-after-unloading' ? verdict.unload : [];
    if (first === undefined) return report;
    const share = loaded.find(({ model }) => model === first);
    await holders.unload(first, 'evicted');
    await untilFreed({ kind: question.kind, gb: share?.gb ?? 0, before: report }, options, signal);
  }
}

/** Waits until freed memory shows, but not for ever: what does not come back is told, and what is free counts. */
async function untilFreed(
  { kind, gb, before }: { readonly kind: MemoryKind; readonly gb: number; readonly before: MemoryReport },
  { probe, clock, log }: EvictOptions,
  signal: AbortSignal,
): Promise<void> {
  const beforeGb = freeGb(before, kind);
  if (beforeGb === undefined) return; // nobody to ask
  const since = clock.elapsed();
  for (;;) {
    const nowGb = freeGb(await probe.refresh(), kind) ?? beforeGb;
    const waitedMs = Math.round(clock.elapsed() - since);
    const numbers = {
      kind,
      expectedGb: roundToTenths(gb),
      freedGb: roundToTenths(nowGb - beforeGb),
      freeGb: roundToTenths(nowGb),
      waitedMs,
    };
    // The system's own memory is back with the end of the process; only a driver needs a moment.
    if (kind === 'ram' || nowGb - beforeGb >= gb * MOST_OF_IT) return log.debug('memory.freed', numbers);
    if (waitedMs >= GIVEN_BACK_WITHIN_MS) return log.warn('memory.not-freed', numbers);
    await pause(clock, LOOK_EVERY_MS, signal);
    signal.throwIfAborted();
  }
}

/** Unloads idle models while less is free than has to stay free: somebody else needs the memory. */
export async function evictUnderPressure(
  now: MemoryReport,
  holders: Evictable,
  { probe }: Pick<EvictOptions, 'probe'>,
): Promise<void> {
  for (const kind of ['gpu', 'ram'] as const) {
    for (let report = now; isTight(report, kind); report = await probe.refresh()) {
      const [oldest] = idle(holders.shares(kind));
      if (oldest === undefined) break;
      await holders.unload(oldest.model, 'memory-pressure');
    }
  }
}

function isTight(report: MemoryReport, kind: MemoryKind): boolean {
  const free = freeGb(report, kind);
  return free !== undefined && free < marginGb(report, kind);
}

const idle = (shares: readonly LoadedShare[]): readonly LoadedShare[] =>
  shares.filter(({ inUse }) => !inUse).toSorted((a, b) => a.lastUsedAt - b.lastUsedAt);
