import * as v from 'valibot';
import { ProjectNameSchema } from './projects.ts';
import { CapabilitiesSchema } from '../capabilities.ts';
import { LogEntrySchema } from '../log-entry.ts';
import { CliDefaultsSchema, ModelFileSchema, ModelSourceSchema } from '../model-source.ts';
import { absentable, Decimal, U32 } from '../numbers.ts';
import { DEADLINE, excludes, ONE_DEADLINE, Priority } from './urgency.ts';
import { Timestamp } from './timestamp.ts';
import { WebhookTotalsSchema, WebhookUrl } from './webhooks.ts';
import { whyNotMade } from '../tasks/asked-result.ts';
import { TaskKindIdSchema, TaskSchema } from '../tasks/index.ts';

/*
 * The operator API of our own studio, below `/graphics/api/admin`, with the operator token as Bearer. The studio
 * serves it and the command line consumes it; its routes and the rest of what the two share stand beside this. Bodies are written
 * with `writeJson`, because sizes and seeds are 64-bit. Absent fields are left out; null reads as absent.
 */

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));
const Named = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
/** A query parameter that must be a whole number in a range. Absent reads as the default. */
const pageSize = (most: number, byDefault: number) =>
  v.optional(
    v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.transform(Number), v.minValue(1), v.maxValue(most)),
    String(byDefault),
  );

/** A worker that waits for the operator's word. */
export const RegistrationViewSchema = v.object({
  requestId: v.string(),
  installId: v.string(),
  machineName: v.string(),
  username: v.string(),
  agentVersion: v.string(),
  vramTotalGb: Decimal,
  taskKinds: v.array(v.string()),
  supportedModels: v.array(v.string()),
  createdAt: Timestamp,
});
export const RegistrationListSchema = v.object({ registrations: v.array(RegistrationViewSchema) });
export const ApprovalAnswerSchema = v.object({ workerId: v.string() });
export const RejectionDraftSchema = v.object({ reason: v.optional(v.pipe(v.string(), v.maxLength(2_000)), '') });
export type RegistrationView = v.InferOutput<typeof RegistrationViewSchema>;

/** Lets one worker in, once: `register --bootstrap-token`. The token is shown this once. */
export const BootstrapTokenViewSchema = v.object({ token: v.pipe(v.string(), v.minLength(1)), expiresAt: Timestamp });
export type BootstrapTokenView = v.InferOutput<typeof BootstrapTokenViewSchema>;

/** A worker that was approved, and how it is doing. */
export const WorkerViewSchema = v.object({
  workerId: v.string(),
  installId: absentable(v.string()),
  connected: v.boolean(),
  capabilities: CapabilitiesSchema,
  /** The oldest of `currentJobIds`. */
  currentJobId: absentable(v.string()),
  currentJobIds: v.optional(v.array(v.string()), []),
  /** Of one that is connected: how many jobs it is given at a time. */
  maxJobs: absentable(U32),
  /** Of one that is connected and has no job: what keeps jobs from it, or what it rejected last. */
  idleBecause: absentable(v.string()),
  createdAt: Timestamp,
  lastSeenAt: absentable(Timestamp),
});
export const WorkerListSchema = v.object({ workers: v.array(WorkerViewSchema) });
export type WorkerView = v.InferOutput<typeof WorkerViewSchema>;

/** A model the studio can offer jobs for. */
export const ModelDraftSchema = v.object({
  id: Named,
  kind: TaskKindIdSchema,
  displayName: absentable(Named),
  vramGbEstimate: v.pipe(Decimal, v.minValue(0)),
  source: ModelSourceSchema,
});
/**
 * A draft as an operator writes it, or keeps it from a list: a field that nobody knows is a slip, and would be lost
 * without a word.
 */
export const WrittenModelSchema = v.strictObject({
  ...ModelDraftSchema.entries,
  source: v.strictObject({
    ...ModelSourceSchema.entries,
    files: v.array(v.strictObject(ModelFileSchema.entries)),
    cliDefaults: v.strictObject(CliDefaultsSchema.entries),
  }),
  createdAt: v.optional(v.unknown()),
  updatedAt: v.optional(v.unknown()),
});
export const ModelViewSchema = v.object({ ...ModelDraftSchema.entries, createdAt: Timestamp, updatedAt: Timestamp });
export const ModelListSchema = v.object({ models: v.array(ModelViewSchema) });
export type ModelDraft = v.InferOutput<typeof ModelDraftSchema>;
export type ModelView = v.InferOutput<typeof ModelViewSchema>;

/** queued → offered → running → completed, failed or cancelled; a lost or transient attempt goes back to queued. */
export const JOB_STATES = ['queued', 'offered', 'running', 'completed', 'failed', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];
/** Whether nothing more happens to a job by itself. */
export const hasEnded = (state: JobState): boolean =>
  state === 'completed' || state === 'failed' || state === 'cancelled';

/** A job to queue: of a known model, or with the model's whole recipe beside it. */
export const JobDraftSchema = v.pipe(
  v.object({
    model: absentable(Named),
    modelSource: absentable(ModelSourceSchema),
    task: TaskSchema,
    /** The one that it counts for; that of the token, or else `default`. */
    project: absentable(ProjectNameSchema),
    gameId: absentable(v.string()),
    assetName: absentable(v.string()),
    vramGbEstimate: absentable(v.pipe(Decimal, v.minValue(0))),
    priority: v.optional(Priority, 0),
    ...DEADLINE,
    /** Who is told how it ended, beside the studio's webhooks. */
    webhook: absentable(WebhookUrl),
  }),
  v.check(({ deadline, deadlineInMs }) => excludes(deadline, deadlineInMs), ONE_DEADLINE),
  v.check((draft) => draft.model !== undefined || draft.modelSource !== undefined, 'model or modelSource is required'),
  v.check(
    ({ task }) => whyNotMade(task) === undefined,
    ({ input }) => whyNotMade(input.task) ?? '',
  ),
);
export type JobDraft = v.InferOutput<typeof JobDraftSchema>;
/** A draft as a caller writes it: what has a default may be left out. */
export type JobRequest = v.InferInput<typeof JobDraftSchema>;

export const JobViewSchema = v.object({
  id: v.string(),
  state: v.picklist(JOB_STATES),
  project: absentable(v.string()),
  kind: TaskKindIdSchema,
  model: v.string(),
  /** In full. */
  prompt: v.string(),
  priority: v.optional(v.number(), 0),
  /** Attempts spent; a transient rejection spends none. */
  attempts: Count,
  maxAttempts: Count,
  createdAt: Timestamp,
  updatedAt: Timestamp,
  /** When a worker last accepted it: before that it waited. */
  startedAt: absentable(Timestamp),
  finishedAt: absentable(Timestamp),
  /** When it fails unless it has ended. */
  deadline: absentable(Timestamp),
  /** Without what it may hold of a secret. */
  webhook: absentable(v.string()),
  /** Who holds it, or who finished it. */
  workerId: absentable(v.string()),
  error: absentable(v.string()),
  /** Of a queued job: why no worker has it, in one line. */
  waitsFor: absentable(v.string()),
  /** The result of a kind that answers in JSON. */
  result: absentable(v.unknown()),
  /** What the result was computed on, where its worker said so. */
  ranOn: absentable(v.string()),
  artifact: absentable(v.object({ ext: v.string(), contentType: v.string(), sizeBytes: Count, sha256: v.string() })),
});
export const JobListSchema = v.object({ jobs: v.array(JobViewSchema), nextCursor: absentable(v.string()) });
/** Newest first; `cursor` is the `nextCursor` of the page before, and means nothing to anyone but the studio. */
export const JobQuerySchema = v.object({
  state: absentable(v.picklist(JOB_STATES)),
  limit: pageSize(500, 50),
  cursor: absentable(v.string()),
  /** Only jobs whose id begins so. */
  id: absentable(v.string()),
  /** Only jobs of this project. */
  project: absentable(v.string()),
});
export type JobView = v.InferOutput<typeof JobViewSchema>;
export type JobQuery = v.InferOutput<typeof JobQuerySchema>;

/** One time a job was given to a worker. */
export const AttemptViewSchema = v.object({
  number: Count,
  workerId: v.string(),
  startedAt: Timestamp,
  endedAt: absentable(Timestamp),
  outcome: v.picklist(['open', 'completed', 'failed', 'rejected', 'lost', 'cancelled']),
  error: absentable(v.string()),
});
export const AttemptListSchema = v.object({ attempts: v.array(AttemptViewSchema) });
export type AttemptView = v.InferOutput<typeof AttemptViewSchema>;

/** Why a job waits: each worker with what keeps the job from it. */
export const WhyViewSchema = v.object({
  jobId: v.string(),
  state: v.picklist(JOB_STATES),
  waitsFor: absentable(v.string()),
  /** Milliseconds until its deadline, where it has one and has not ended. */
  deadlineInMs: absentable(Count),
  pendingRegistrations: Count,
  workers: v.array(
    v.object({
      workerId: v.string(),
      machineName: absentable(v.string()),
      connected: v.boolean(),
      because: v.string(),
      /** When it last rejected this job, where it did. */
      rejectedAt: absentable(Timestamp),
    }),
  ),
});
export type WhyView = v.InferOutput<typeof WhyViewSchema>;

/** A worker's log line as the studio keeps it. `seq` grows by at least one with each line kept. */
export const LogLineSchema = v.object({ seq: Count, workerId: v.string(), ...LogEntrySchema.entries });
/** Oldest first; `after` is the `seq` of the last line seen. */
export const LogQuerySchema = v.object({
  workerId: absentable(v.string()),
  after: v.optional(v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number)), '0'),
  limit: pageSize(1_000, 200),
  /** The newest lines instead of those that follow `after`; still the oldest of them first. */
  newest: absentable(v.picklist(['yes'])),
});
export const LogPageSchema = v.object({ lines: v.array(LogLineSchema) });
export type LogLine = v.InferOutput<typeof LogLineSchema>;
export type LogQuery = v.InferOutput<typeof LogQuerySchema>;

/** The studio at a glance. */
export const StatusViewSchema = v.object({
  version: v.string(),
  startedAt: Timestamp,
  registrations: v.object({ pending: Count }),
  workers: v.object({ known: Count, connected: Count, busy: Count }),
  jobs: v.object({ queued: Count, offered: Count, running: Count, completed: Count, failed: Count, cancelled: Count }),
  artifacts: v.object({ count: Count, sizeBytes: Count }),
  webhooks: absentable(WebhookTotalsSchema),
});
export type StatusView = v.InferOutput<typeof StatusViewSchema>;
