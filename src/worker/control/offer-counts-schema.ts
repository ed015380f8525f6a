import * as v from 'valibot';
import type { OfferCounts } from '../rules/rejection-counts.ts';
import { RULES, type RuleName } from '../fitness.ts';

/** What counts of offers of the running worker must look like. */
export const OfferCountsSchema: v.GenericSchema<unknown, OfferCounts> = v.object({
  offers: v.number(),
  accepted: v.number(),
  rejections: v.array(
    v.object({
      rule: v.picklist(RULES.map(({ name }): RuleName => name)),
      count: v.number(),
      lastAt: v.number(),
      lastJobId: v.string(),
      lastBecause: v.string(),
    }),
  ),
});
