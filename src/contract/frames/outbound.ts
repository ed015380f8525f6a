import * as v from 'valibot';
import { type JobId, toJobId } from '../../base/ids.ts';
import type { JsonValue } from '../../base/json.ts';
import { cutToLength } from '../../base/units.ts';
import { type Capabilities, CapabilitiesSchema } from '../capabilities.ts';
import { MAX_PARALLEL_JOBS } from '../limits.ts';
import { type LogEntry, LogEntrySchema } from '../log-entry.ts';
import { absentable } from '../numbers.ts';

const JobIdSchema = v.pipe(v.string(), v.transform(toJobId));

/** A worker's frames as a studio reads them. `readyForMore` is known so that a studio can tell it from nonsense. */
export const OutboundFrameSchema = v.variant('type', [
  v.object({ type: v.literal('hello'), authToken: v.string(), capabilities: CapabilitiesSchema }),
  v.object({
    type: v.literal('heartbeat'),
    capabilities: CapabilitiesSchema,
    currentJobId: absentable(JobIdSchema),
    /** Extension `max_parallel_jobs`: all that `currentJobId` has room for one of, that one first. */
    currentJobIds: absentable(v.pipe(v.array(JobIdSchema), v.maxLength(MAX_PARALLEL_JOBS))),
  }),
  v.object({ type: v.literal('accept'), jobId: JobIdSchema }),
  v.object({
    type: v.literal('reject'),
    jobId: JobIdSchema,
    reason: v.string(),
    code: absentable(v.string()),
    /** Extension `rejectDetail`: what exactly is in the way, for the operator. */ detail: absentable(v.string()),
  }),
  v.object({
    type: v.literal('completeJson'),
    jobId: JobIdSchema,
    result: v.unknown(),
    prompt: absentable(v.string()),
  }),
  v.object({ type: v.literal('fail'), jobId: JobIdSchema, error: v.string(), retryable: v.boolean() }),
  v.object({ type: v.literal('logBatch'), entries: v.array(LogEntrySchema) }),
  v.object({ type: v.literal('readyForMore') }),
]);
/** A worker's frame after a studio has read it. */
export type ReadOutboundFrame = v.InferOutput<typeof OutboundFrameSchema>;

/** Why an offer is rejected, which costs the job no attempt. */
export type RejectCode = 'busy' | 'paused' | 'insufficient_memory';

/** What a worker sends. Absent fields are left out, never null. */
export type OutboundFrame =
  | { readonly type: 'hello'; readonly authToken: string; readonly capabilities: Capabilities }
  | {
      readonly type: 'heartbeat';
      readonly capabilities: Capabilities;
      readonly currentJobId?: JobId;
      readonly currentJobIds?: readonly JobId[];
    }
  | { readonly type: 'accept'; readonly jobId: JobId }
  | {
      readonly type: 'reject';
      readonly jobId: JobId;
      readonly reason: string;
      readonly code: RejectCode;
      readonly detail?: string;
    }
  | { readonly type: 'completeJson'; readonly jobId: JobId; readonly result: JsonValue; readonly prompt: string }
  | { readonly type: 'fail'; readonly jobId: JobId; readonly error: string; readonly retryable: boolean }
  | { readonly type: 'logBatch'; readonly entries: readonly LogEntry[] };

/** The first frame of a socket, and the only one before the welcome. */
export const hello = (authToken: string, capabilities: Capabilities): OutboundFrame => ({
  type: 'hello',
  authToken,
  capabilities,
});
/**
 * A sign of life with what we can do, and with the jobs that are under way, oldest first. More than one are named to a
 * studio only that said `max_parallel_jobs`.
 */
export function heartbeat(capabilities: Capabilities, jobIds: readonly JobId[] = []): OutboundFrame {
  const [currentJobId] = jobIds;
  if (currentJobId === undefined) return { type: 'heartbeat', capabilities };
  if (jobIds.length === 1) return { type: 'heartbeat', capabilities, currentJobId };
  return { type: 'heartbeat', capabilities, currentJobId, currentJobIds: jobIds.slice(0, MAX_PARALLEL_JOBS) };
}
/** We take the offered job. */
export const accept = (jobId: JobId): OutboundFrame => ({ type: 'accept', jobId });
/** Longest explanation that a studio is sent, in characters: it may hold what the studio sent us, megabytes of it. */
const MAX_EXPLANATION = 2_000;

/** We do not take it now; the studio may ask somebody else, or us again later. */
export const reject = (
  jobId: JobId,
  because: { readonly code: RejectCode; readonly reason: string },
  detail?: string,
): OutboundFrame => ({
  type: 'reject',
  jobId,
  reason: cutToLength(because.reason, MAX_EXPLANATION),
  code: because.code,
  ...(detail === undefined ? {} : { detail: cutToLength(detail, MAX_EXPLANATION) }),
});
/** A result that travels in a frame. The prompt goes back in full. */
export const completeJson = (jobId: JobId, result: JsonValue, prompt: string): OutboundFrame => ({
  type: 'completeJson',
  jobId,
  result,
  prompt,
});
/** The job failed; `retryable` tells whether another attempt, here or elsewhere, can help. */
export const fail = (jobId: JobId, error: string, retryable: boolean): OutboundFrame => ({
  type: 'fail',
  jobId,
  error: cutToLength(error, MAX_EXPLANATION),
  retryable,
});
/** Lines of our log, oldest first. */
export const logBatch = (entries: readonly LogEntry[]): OutboundFrame => ({ type: 'logBatch', entries });
