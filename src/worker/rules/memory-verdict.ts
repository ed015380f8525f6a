import { roundToTenths } from '../../base/units.ts';
import { insufficientMemory, type Rejection } from '../../contract/rejections.ts';
import type { MemoryVerdict } from '../../models/memory/fit.ts';
import { MAIN_MEMORY } from './main-memory.ts';

/** How a verdict rejects an offer; undefined when it does not. */
export function unfitRejection(verdict: MemoryVerdict): Rejection | undefined {
  if (verdict.is !== 'does-not-fit') return undefined;
  const { needGb, freeGb, marginGb: reserveGb, gpu } = verdict;
  return insufficientMemory({ of: gpu === MAIN_MEMORY ? 'host' : 'device', needGb, freeGb, reserveGb });
}

/** What a verdict rests on, as people are shown it. */
export function memoryInputs(verdict: MemoryVerdict, estimateGb: number): Readonly<Record<string, string | number>> {
  if (verdict.is === 'unknown') return { estimateGb };
  const { needGb, needFrom, freeGb, totalGb, marginGb, gpu } = verdict;
  return {
    needGb: roundToTenths(needGb),
    needFrom,
    freeGb: roundToTenths(freeGb),
    totalGb: roundToTenths(totalGb),
    marginGb,
    gpu,
  };
}
