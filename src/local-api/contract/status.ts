import * as v from 'valibot';
import { UpdateStatusSchema } from '../../contract/worker/update-status.ts';
import { GbSchema, TimeSchema } from './common.ts';
import { EditableConfigSchema } from './editable-config.ts';
import { JobSchema } from './jobs.ts';

/** The state of a worker in one word, as badge, sidebar and tray show it. */
export const WORKER_STATES = [
  'not-registered',
  'waiting',
  'rejected',
  'disconnected',
  'draining',
  'busy',
  'paused',
  'idle',
] as const;
export type WorkerState = (typeof WORKER_STATES)[number];

/** What people read for each, in the window and in the tray. */
export const STATE_NAMES: Readonly<Record<WorkerState, string>> = {
  'not-registered': 'Not registered',
  waiting: 'Waiting for approval',
  rejected: 'Rejected',
  disconnected: 'Disconnected',
  draining: 'Draining',
  busy: 'Busy',
  paused: 'Paused',
  idle: 'Idle',
};

const RegistrationSchema = v.variant('state', [
  v.object({ state: v.literal('pristine') }),
  v.object({ state: v.literal('pending'), requestId: v.string(), since: TimeSchema }),
  v.object({ state: v.literal('approved') }),
  v.object({ state: v.literal('rejected'), reason: v.string() }),
]);

const SessionSchema = v.variant('state', [
  v.object({ state: v.picklist(['waiting_for_approval', 'connecting', 'stopped']) }),
  v.object({ state: v.literal('connected'), since: TimeSchema }),
  v.object({ state: v.literal('reconnecting'), attempt: v.number(), retryAt: TimeSchema, reason: v.string() }),
  v.object({ state: v.picklist(['auth_failed', 'fatal']), reason: v.string() }),
]);

/** The last heartbeat that was answered, or that was not. */
const HeartbeatSchema = v.variant('outcome', [
  v.object({ outcome: v.literal('ok'), lastAttemptAt: TimeSchema, roundTripMs: v.exactOptional(v.number()) }),
  v.object({ outcome: v.literal('err'), lastAttemptAt: TimeSchema, reason: v.string() }),
]);

/** A model in memory, or on its way in or out. */
export const LoadedModelSchema = v.object({
  model: v.string(),
  engine: v.string(),
  state: v.picklist(['loading', 'in use', 'idle', 'unloading', 'failed']),
  pid: v.exactOptional(v.number()),
  since: TimeSchema,
  lastUsedAt: TimeSchema,
  gb: GbSchema,
  /** The label of the GPU it is kept on; absent on a machine with one, and where its engine chose. */
  gpu: v.exactOptional(v.string()),
  /** Unless somebody uses it. */
  unloadsAt: v.exactOptional(TimeSchema),
});
export type ApiLoadedModel = v.InferOutput<typeof LoadedModelSchema>;

const GpuSchema = v.object({
  /** Its uuid, or what else stays the same across restarts. */
  id: v.string(),
  name: v.string(),
  /** By which models and jobs name it: two of one name are told apart. */
  label: v.string(),
  totalGb: GbSchema,
  /** Null where its driver does not report it. */
  freeGb: v.nullable(GbSchema),
});

/** The memory that models are in. What neither is free nor a model's belongs to other programs. */
const MemorySchema = v.object({
  /** Null until drivers have answered. */
  at: v.nullable(TimeSchema),
  /** Those that may be used. */
  gpus: v.array(GpuSchema),
  /** GPUs of this machine that may not, and the setting that says so. */
  deniedGpus: v.array(v.object({ id: v.string(), name: v.string(), by: v.string() })),
  /** 0 where it is not known. */
  ram: v.object({ totalGb: GbSchema, freeGb: GbSchema }),
  models: v.array(LoadedModelSchema),
});

/** One hour of the day strip; `at` is its beginning. */
const HourSchema = v.object({
  at: TimeSchema,
  completed: v.number(),
  failed: v.number(),
  cancelled: v.number(),
  /** From 0 to 1: the part of the hour in which a job ran. */
  busyShare: v.number(),
});

/** The last 24 hours of this run of the worker, oldest first; the last one is the hour that runs. */
const DaySchema = v.object({
  hours: v.array(HourSchema),
  completed: v.number(),
  failed: v.number(),
  cancelled: v.number(),
  busyShare: v.number(),
});
export type ApiDay = v.InferOutput<typeof DaySchema>;

/** What became of offers since the start, and what they were rejected for, most often first. */
const OfferCountsSchema = v.object({
  offers: v.number(),
  accepted: v.number(),
  rejections: v.array(
    v.object({
      rule: v.string(),
      count: v.number(),
      lastAt: TimeSchema,
      lastJobId: v.string(),
      lastBecause: v.string(),
    }),
  ),
});

const LIVE = {
  version: v.string(),
  pid: v.number(),
  startedAt: TimeSchema,
  configPath: v.string(),
  localApiUrl: v.string(),
  machineName: v.string(),
  /** Its state in one word. */
  hero: v.picklist(WORKER_STATES),
  /** No job is taken until the operator resumes, or the next start. */
  paused: v.boolean(),
  /** Whether it takes jobs as saved in the config file (`auto_enabled`). */
  enabled: v.boolean(),
  /** What the operator ties jobs to, as far as it is set, and how each stands. */
  conditions: v.array(v.object({ what: v.string(), isMet: v.boolean(), isKnown: v.boolean(), because: v.string() })),
  busy: v.boolean(),
  stopping: v.boolean(),
  registered: v.boolean(),
  workerId: v.nullable(v.string()),
  /** Without what may be a secret in it. */
  studioUrl: v.string(),
  registration: RegistrationSchema,
  session: SessionSchema,
  /** How often the session was lost and came back since the start. */
  reconnects: v.number(),
  heartbeat: v.nullable(HeartbeatSchema),
  /** What keeps jobs away, the most lasting first. */
  obstacles: v.array(v.object({ what: v.string(), because: v.string() })),
  offers: OfferCountsSchema,
  /** The engines that a job can be routed to now. */
  engines: v.array(v.string()),
  /** Whether somebody is at this machine; null where nobody asked. */
  presence: v.nullable(v.object({ is: v.picklist(['idle', 'active', 'unknown']), because: v.string() })),
  gpuRuntime: v.nullable(v.object({ ok: v.boolean(), detail: v.string() })),
  /** 0 while it is not known. */
  vramTotalGb: GbSchema,
  /** The largest job that is taken, by estimate. */
  vramThresholdGb: GbSchema,
  memory: MemorySchema,
  /** Finished results that the studio does not have yet. */
  outbox: v.object({ count: v.number(), sizeBytes: v.number() }),
  /** Null where nothing updates this worker. */
  update: v.nullable(UpdateStatusSchema),
  currentJobId: v.nullable(v.string()),
  /** Oldest first. */
  activeJobs: v.array(JobSchema),
  day: DaySchema,
  logsSeq: v.number(),
  /** When the newest window of this worker was opened; absent where none was in this run of it. */
  windowOpenedAt: v.exactOptional(TimeSchema),
};

/** Where the worker stands, sent with every change of it. */
export const LiveStatusSchema = v.object(LIVE);
export type LiveStatus = v.InferOutput<typeof LiveStatusSchema>;

/** The same with the settings, and the jobs that ended: newest first, 50 of each source. */
export const FullStatusSchema = v.object({
  ...LIVE,
  config: EditableConfigSchema,
  recentJobs: v.array(JobSchema),
  localJobs: v.array(JobSchema),
});
export type FullStatus = v.InferOutput<typeof FullStatusSchema>;
