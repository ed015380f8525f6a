import * as v from 'valibot';
import type { Explanation } from '../explain.ts';
import { RULES, type RuleName } from '../fitness.ts';

const RuleNameSchema = v.picklist([
  ...RULES.map(({ name }): RuleName => name),
  'images',
  'engine',
  'kind',
  'ready',
  'files',
  'urls',
]);

/** What an explanation of the running worker must look like. */
export const ExplanationSchema: v.GenericSchema<unknown, Explanation> = v.object({
  verdict: v.picklist(['taken', 'rejected', 'fails']),
  because: v.string(),
  rules: v.array(
    v.object({
      rule: RuleNameSchema,
      outcome: v.picklist(['passes', 'rejects', 'fails', 'warns', 'unknown']),
      inputs: v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])),
      because: v.string(),
    }),
  ),
});
