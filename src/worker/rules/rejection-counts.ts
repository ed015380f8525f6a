import type { WorkerEvent } from '../events.ts';
import type { RuleName } from '../fitness.ts';

/** How often one rule rejected an offer, and the last time it did. */
export interface RuleRejections {
  readonly rule: RuleName;
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly lastAt: number;
  readonly lastJobId: string;
  readonly lastBecause: string;
}

/** What became of the offers since the worker started. */
export interface OfferCounts {
  readonly offers: number;
  readonly accepted: number;
  /** Only rules that rejected any, the most frequent first. */
  readonly rejections: readonly RuleRejections[];
}

/** Counts offers and why they were rejected, for an operator who asks why no jobs come. */
export function createRejectionCounts(now: () => number): {
  readonly onEvent: (event: WorkerEvent) => void;
  readonly counts: () => OfferCounts;
} {
  let [offers, accepted] = [0, 0];
  const byRule = new Map<RuleName, RuleRejections>();
  return {
    onEvent(event) {
      if (event.is === 'offer') offers += 1;
      if (event.is === 'accepted' && event.job.origin === 'studio') accepted += 1;
      if (event.is !== 'rejected') return;
      const { rule, jobId, because } = event;
      const count = (byRule.get(rule)?.count ?? 0) + 1;
      byRule.set(rule, { rule, count, lastAt: now(), lastJobId: jobId, lastBecause: because });
    },
    counts: () => ({ offers, accepted, rejections: [...byRule.values()].toSorted((a, b) => b.count - a.count) }),
  };
}
