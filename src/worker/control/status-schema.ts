import * as v from 'valibot';
import { toJobId, toModelId, toWorkerId } from '../../base/ids.ts';
import { ENGINE_NAMES } from '../../contract/model-source.ts';
import { TaskKindIdSchema } from '../../contract/tasks/index.ts';
import type { WorkerStatus } from '../status.ts';

/*
 * `WorkerStatus` as it travels. It is our own program on both ends, but perhaps not of one version: a field that is not
 * known here is dropped, one that is missing makes the status unreadable.
 */

const Time = v.number();
const JobId = v.pipe(v.string(), v.transform(toJobId));
const ModelId = v.pipe(v.string(), v.transform(toModelId));
const WorkerId = v.pipe(v.string(), v.transform(toWorkerId));

const Registration = v.variant('at', [
  v.object({ at: v.picklist(['pristine', 'stopped']) }),
  v.object({ at: v.literal('pending'), requestId: v.string(), since: Time }),
  v.object({ at: v.literal('approved'), workerId: WorkerId }),
  v.object({ at: v.literal('rejected'), reason: v.string() }),
]);

const Session = v.variant('at', [
  v.object({ at: v.picklist(['idle', 'connecting', 'greeting', 'live', 'stopped']) }),
  v.object({ at: v.literal('backing-off'), failures: v.number(), retryInMs: v.number() }),
  v.object({ at: v.picklist(['refused', 'gave-up']), because: v.string() }),
]);

const Model = v.object({
  engine: v.picklist(ENGINE_NAMES),
  model: ModelId,
  state: v.picklist(['loading', 'in use', 'idle', 'unloading', 'failed']),
  pid: v.exactOptional(v.number()),
  since: Time,
  lastUsedAt: Time,
  gb: v.number(),
  unloadsAt: v.exactOptional(Time),
});

const Job = v.object({
  jobId: JobId,
  origin: v.picklist(['studio', 'local', 'maintenance']),
  kind: TaskKindIdSchema,
  model: ModelId,
  prompt: v.string(),
  status: v.picklist(['running', 'undelivered', 'completed', 'failed', 'cancelled', 'discarded']),
  phase: v.exactOptional(v.picklist(['preparing', 'loading', 'running', 'checking', 'delivering'])),
  reason: v.exactOptional(v.string()),
  hint: v.exactOptional(v.string()),
  startedAt: Time,
  finishedAt: v.exactOptional(Time),
  ranOn: v.exactOptional(v.string()),
  loadMs: v.exactOptional(v.number()),
  runMs: v.exactOptional(v.number()),
});

/** What a status on the control socket must look like. */
export const StatusSchema = v.pipe(
  v.object({
    version: v.string(),
    pid: v.number(),
    startedAt: Time,
    configPath: v.string(),
    enabled: v.boolean(),
    stopping: v.boolean(),
    workerId: v.optional(WorkerId),
    registration: Registration,
    session: Session,
    vramTotalGb: v.number(),
    vramThresholdGb: v.number(),
    models: v.array(Model),
    runningJobs: v.array(Job),
    recentJobs: v.array(Job),
    outbox: v.object({ count: v.number(), sizeBytes: v.number() }),
  }),
  // JSON has no undefined: what is absent there is present and undefined here.
  v.transform((status): WorkerStatus => ({ ...status, workerId: status.workerId })),
);
