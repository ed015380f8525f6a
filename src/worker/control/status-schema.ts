import { JOB_PHASES, JOB_STATUSES } from '../../contract/worker/jobs.ts';
import * as v from 'valibot';
import { toJobId, toModelId, toWorkerId } from '../../base/ids.ts';
import { ENGINE_NAMES } from '../../contract/model-source.ts';
import { UpdateStatusSchema } from '../../contract/worker/update-status.ts';
import { JobSettingsSchema } from '../../contract/tasks/settings.ts';
import { TaskKindIdSchema } from '../../contract/tasks/index.ts';
import { CONDITIONS } from '../conditions/condition.ts';
import { OBSTACLES, type WorkerStatus } from '../status.ts';

/*
 * `WorkerStatus` as it travels. It is our own program on both ends, but perhaps not of one version: a field that is not
 * known here is dropped, one that is missing makes the status unreadable.
 */

const Time = v.number();
const JobId = v.pipe(v.string(), v.transform(toJobId));
const ModelId = v.pipe(v.string(), v.transform(toModelId));
const WorkerId = v.pipe(v.string(), v.transform(toWorkerId));

export const RegistrationSchema = v.variant('at', [
  v.object({ at: v.picklist(['pristine', 'stopped']) }),
  v.object({ at: v.literal('pending'), requestId: v.string(), since: Time }),
  v.object({ at: v.literal('approved'), workerId: WorkerId }),
  v.object({ at: v.literal('rejected'), reason: v.string() }),
]);

export const SessionSchema = v.variant('at', [
  v.object({ at: v.picklist(['idle', 'connecting', 'greeting', 'live', 'stopped']) }),
  v.object({ at: v.literal('backing-off'), failures: v.number(), retryInMs: v.number(), because: v.string() }),
  // A worker of an earlier version sends no code: 0 is none of the studio's.
  v.object({ at: v.literal('refused'), code: v.optional(v.number(), 0), because: v.string() }),
  v.object({ at: v.literal('gave-up'), because: v.string() }),
]);

export const ModelSchema = v.object({
  engine: v.picklist(ENGINE_NAMES),
  model: ModelId,
  state: v.picklist(['loading', 'in use', 'idle', 'unloading', 'failed']),
  pid: v.exactOptional(v.number()),
  since: Time,
  lastUsedAt: Time,
  gb: v.number(),
  gpu: v.exactOptional(v.string()),
  unloadsAt: v.exactOptional(Time),
});

const GpuSchema = v.object({
  id: v.string(),
  name: v.string(),
  label: v.string(),
  totalGb: v.number(),
  freeGb: v.exactOptional(v.number()),
  deniedBy: v.exactOptional(v.string()),
});

/** A condition as it travels. */
export const ConditionSchema = v.object({
  what: v.picklist(CONDITIONS),
  isMet: v.boolean(),
  isKnown: v.boolean(),
  because: v.string(),
});

export const JobSchema = v.object({
  jobId: JobId,
  origin: v.picklist(['studio', 'local', 'maintenance']),
  kind: TaskKindIdSchema,
  model: ModelId,
  engine: v.picklist(ENGINE_NAMES),
  prompt: v.string(),
  settings: v.optional(JobSettingsSchema, {}),
  status: v.picklist(JOB_STATUSES),
  gpu: v.exactOptional(v.string()),
  phase: v.exactOptional(v.picklist(JOB_PHASES)),
  code: v.exactOptional(v.string()),
  reason: v.exactOptional(v.string()),
  hint: v.exactOptional(v.string()),
  startedAt: Time,
  finishedAt: v.exactOptional(Time),
  ranOn: v.exactOptional(v.string()),
  loadMs: v.exactOptional(v.number()),
  runMs: v.exactOptional(v.number()),
});

/** What a status of the running worker must look like. */
export const StatusSchema = v.pipe(
  v.object({
    version: v.string(),
    pid: v.number(),
    startedAt: Time,
    configPath: v.string(),
    enabled: v.boolean(),
    presence: v.exactOptional(v.object({ is: v.picklist(['idle', 'active', 'unknown']), because: v.string() })),
    conditions: v.optional(v.array(ConditionSchema), []),
    paused: v.optional(v.boolean(), false), // an earlier version has no pause of its own
    stopping: v.boolean(),
    obstacles: v.exactOptional(v.array(v.object({ what: v.picklist(OBSTACLES), because: v.string() }))),
    workerId: v.optional(WorkerId),
    registration: RegistrationSchema,
    session: SessionSchema,
    vramTotalGb: v.number(),
    vramThresholdGb: v.number(),
    gpus: v.exactOptional(v.array(GpuSchema)),
    modelEngines: v.array(v.string()),
    extensionEngines: v.array(v.string()),
    update: v.exactOptional(UpdateStatusSchema),
    models: v.array(ModelSchema),
    runningJobs: v.array(JobSchema),
    recentJobs: v.array(JobSchema),
    outbox: v.object({ count: v.number(), sizeBytes: v.number() }),
  }),
  // JSON has no undefined: what is absent there is present and undefined here.
  v.transform((status): WorkerStatus => ({ ...status, workerId: status.workerId })),
);
