import * as v from 'valibot';
import { type JobId, toJobId, toModelId, toWorkerId } from '../../base/ids.ts';
import { parseJson } from '../json.ts';
import { MAX_PARALLEL_JOBS } from '../limits.ts';
import { ModelSourceSchema } from '../model-source.ts';
import { absentable, Decimal } from '../numbers.ts';
import { describeIssues } from '../read.ts';
import { TaskSchema } from '../tasks/index.ts';
import { ERROR_FRAME_CODES } from './close-codes.ts';

const JobIdSchema = v.pipe(v.string(), v.transform(toJobId));

/**
 * Segments that a URL's path loses (WHATWG URL, path state), however they are encoded: a result for such a job would be
 * uploaded to another place. Any other text survives percent-encoding.
 */
const isLostInPath = (id: string): boolean => id === '' || id === '.' || id === '..';

/** Optional abilities a studio names in `welcome`; unknown ones are ignored. */
export const FEATURES = ['resume', 'generationMeta', 'extensionEngines', 'rejectDetail'] as const;
export type Feature = (typeof FEATURES)[number];

/** The job's description inside an offer. */
export const ClaimSchema = v.object({
  jobId: v.pipe(
    JobIdSchema,
    v.check((id) => !isLostInPath(id), 'such an id is lost in a URL path, so its result could not be uploaded'),
  ),
  gameId: v.string(),
  assetName: v.string(),
  model: v.pipe(v.string(), v.transform(toModelId)),
  vramGbEstimate: Decimal,
  task: TaskSchema,
  modelSource: ModelSourceSchema,
});

/** Opens the gate: nothing but `hello` may be sent before it. `serverTime` is free text; it reveals clock skew. */
export const WelcomeSchema = v.object({
  type: v.literal('welcome'),
  workerId: v.pipe(v.string(), v.transform(toWorkerId)),
  serverTime: v.string(),
  /**
   * Extensions: `resume` means the studio keeps a claim across sockets when a heartbeat names the job, `generationMeta`
   * that its uploads may carry that part, `extensionEngines` that heartbeats may name engines beyond the contract's,
   * `rejectDetail` that a `reject` may say more than its reason, which is one of few.
   */
  features: v.optional(v.array(v.string()), []),
  /** Extension: how many jobs a worker may have in flight here, read by `parallelJobsIn`; absent means one. */
  max_parallel_jobs: v.optional(v.unknown()),
});
export const OfferFrameSchema = v.object({ type: v.literal('offer'), claim: ClaimSchema });
export const HeartbeatAckSchema = v.object({
  type: v.literal('heartbeatAck'),
  /**
   * Extension of `resume`: whether the studio still holds the heartbeat's job for us, and why not where that is known:
   * `cancelled` by its operator, or its `deadline` passed. Our own studio sends that unasked to a worker that knows it,
   * and one for each job that a heartbeat names.
   */
  claim: absentable(v.object({ jobId: JobIdSchema, held: v.boolean(), because: v.optional(v.string()) })),
});
export const CompleteAckSchema = v.object({ type: v.literal('completeAck'), jobId: JobIdSchema });
export const FailAckSchema = v.object({ type: v.literal('failAck'), jobId: JobIdSchema });
/** Ends the session; the code tells whether another attempt makes sense. */
export const ErrorFrameSchema = v.object({
  type: v.literal('error'),
  code: v.picklist(ERROR_FRAME_CODES),
  message: v.string(),
});

/** The most frequent ones first: a frame is tried as each of them in turn. */
export const InboundFrameSchema = v.variant('type', [
  OfferFrameSchema,
  CompleteAckSchema,
  HeartbeatAckSchema,
  FailAckSchema,
  WelcomeSchema,
  ErrorFrameSchema,
]);

/** A studio's frame after it was read. */
export type InboundFrame = v.InferOutput<typeof InboundFrameSchema>;
export type Welcome = v.InferOutput<typeof WelcomeSchema>;
export type HeartbeatAck = v.InferOutput<typeof HeartbeatAckSchema>;
/** The studio's question "will you take this job?". */
export type Offer = v.InferOutput<typeof ClaimSchema>;

const ParallelJobs = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_PARALLEL_JOBS));

/** How many jobs a studio lets a worker have in flight. A value that is of no use counts as absent, with its problem. */
export function parallelJobsIn({ max_parallel_jobs: value }: Pick<Welcome, 'max_parallel_jobs'>): {
  readonly jobs?: number;
  readonly problem?: string;
} {
  if (value === undefined || value === null) return {};
  const read = v.safeParse(ParallelJobs, value);
  return read.success ? { jobs: read.output } : { problem: describeIssues(read.issues) };
}

/** What a text from the studio turned out to be. A malformed one never costs the socket. */
export type ParsedInbound =
  | { readonly is: 'frame'; readonly frame: InboundFrame }
  | { readonly is: 'bad-offer'; readonly jobId: JobId; readonly problem: string }
  | { readonly is: 'unreadable'; readonly problem: string };

const Envelope = v.object({ type: v.string() });
const OfferEnvelope = v.object({ type: v.literal('offer'), claim: v.object({ jobId: JobIdSchema }) });

/** Reads one text frame from the studio. Never throws. Problems name the field, never echo its value. */
export function parseInbound(text: string): ParsedInbound {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return { is: 'unreadable', problem: 'not JSON' };
  }
  const parsed = v.safeParse(InboundFrameSchema, value);
  if (parsed.success) return { is: 'frame', frame: parsed.output };

  const offer = v.safeParse(OfferEnvelope, value);
  const problem = describeIssues(parsed.issues);
  if (offer.success) return { is: 'bad-offer', jobId: offer.output.claim.jobId, problem };
  const envelope = v.safeParse(Envelope, value);
  if (!envelope.success) return { is: 'unreadable', problem: 'not an object with a type' };
  const known = InboundFrameSchema.options.some((option) => option.entries.type.literal === envelope.output.type);
  return {
    is: 'unreadable',
    problem: known
      ? `${envelope.output.type}: ${problem}`
      : `unknown frame type ${JSON.stringify(envelope.output.type.slice(0, 80))}`,
  };
}
