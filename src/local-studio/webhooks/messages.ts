import * as v from 'valibot';
import { WEBHOOK_EVENTS } from '../../contract/operator/webhooks.ts';

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** Milliseconds since the epoch. */
const Time = v.pipe(v.number(), v.integer());

/** What an event says of a job that ended, as the outbox keeps it: the job as it was then. */
export const EndedFactsSchema = v.object({
  jobId: v.string(),
  project: v.string(),
  kind: v.string(),
  model: v.string(),
  gameId: v.string(),
  assetName: v.string(),
  outcome: v.picklist(WEBHOOK_EVENTS),
  reason: v.optional(v.string()),
  attempt: Count,
  createdAt: Time,
  startedAt: v.optional(Time),
  finishedAt: Time,
  artifact: v.optional(v.object({ ext: v.string(), contentType: v.string(), sizeBytes: Count, sha256: v.string() })),
});
export type EndedFacts = v.InferOutput<typeof EndedFactsSchema>;
