import * as v from 'valibot';
import { TaskKindIdSchema } from '../../contract/tasks/index.ts';
import { JOB_PHASES, JOB_STATUSES } from '../../contract/worker/jobs.ts';
import { JobSettingsSchema } from '../../contract/tasks/settings.ts';
import { TimeSchema } from './common.ts';

/** How far the part of a job is that can be counted, such as 13 of 20 steps. */
const ProgressSchema = v.object({
  done: v.number(),
  total: v.number(),
  /** From 0 to 1; never falls within one job. */
  share: v.number(),
});

/** A result that this worker still has, to be had at `/jobs/:id/result`. */
const JobResultSchema = v.object({ type: v.string(), ext: v.string(), sizeBytes: v.number() });

/** One job, running or ended. */
export const JobSchema = v.object({
  jobId: v.string(),
  kind: TaskKindIdSchema,
  model: v.string(),
  engine: v.string(),
  /** The first 200 characters. */
  prompt: v.string(),
  settings: JobSettingsSchema,
  source: v.picklist(['studio', 'local']),
  status: v.picklist(JOB_STATUSES),
  /** The label of the GPU it was placed on; absent on a machine with one, and for what needs none. */
  gpu: v.exactOptional(v.string()),
  /** Of a running job. */
  phase: v.exactOptional(v.picklist(JOB_PHASES)),
  progress: v.exactOptional(ProgressSchema),
  /** Code of the error that ended it. */
  code: v.exactOptional(v.string()),
  reason: v.exactOptional(v.string()),
  /** What the operator of this machine can do about it. */
  hint: v.exactOptional(v.string()),
  startedAt: TimeSchema,
  finishedAt: v.exactOptional(TimeSchema),
  /** What it was computed on, as its engine calls it. */
  ranOn: v.exactOptional(v.string()),
  loadMs: v.exactOptional(v.number()),
  runMs: v.exactOptional(v.number()),
  hasThumbnail: v.boolean(),
  /** How many previews a running image job has had: its thumbnail is the newest of them, and changes with the number. */
  previews: v.exactOptional(v.number()),
  result: v.exactOptional(JobResultSchema),
});
export type ApiJob = v.InferOutput<typeof JobSchema>;

/** Jobs that ended, newest first, below those that run. */
export const JobListSchema = v.array(JobSchema);

/** What `GET /jobs` is narrowed by. */
export const JobQuerySchema = v.object({ source: v.exactOptional(v.picklist(['studio', 'local'])) });

/** What was logged of one job. `dropped` counts lines that went when there were too many. */
export const JobLogSchema = v.object({
  lines: v.array(
    v.object({
      /** RFC 3339, UTC. */
      ts: v.string(),
      level: v.picklist(['info', 'warn', 'error']),
      target: v.string(),
      message: v.string(),
    }),
  ),
  dropped: v.number(),
});
export type JobLog = v.InferOutput<typeof JobLogSchema>;

export const CancelledSchema = v.object({ cancelled: v.boolean() });
