import type { JobPhase, JobStatus } from '../contract/worker/jobs.ts';
import type { WorkerError } from '../base/errors.ts';
import { shownGpu } from '../base/gpu-device.ts';
import type { JobId, ModelId } from '../base/ids.ts';
import type { EngineName } from '../contract/model-source.ts';
import { promptPreview, settingsOf, type TaskKindId } from '../contract/tasks/index.ts';
import type { JobSettings } from '../contract/tasks/settings.ts';
import type { Job, JobOutcome, RunFacts } from './job.ts';
import { CPU_SLOT, deviceOf, type JobSlot } from './slots/job-slot.ts';
import type { Origin } from './turn-order.ts';

/** One job as people and programs are shown it: plain data. Times in milliseconds since the epoch. */
export interface JobRecord extends RunFacts {
  readonly jobId: JobId;
  readonly origin: Origin;
  readonly kind: TaskKindId;
  readonly model: ModelId;
  readonly engine: EngineName;
  /** First 200 characters of the prompt. */
  readonly prompt: string;
  readonly settings: JobSettings;
  readonly status: JobStatus;
  /** The label of the GPU it was placed on; absent on a machine with one, and for what needs none. */
  readonly gpu?: string;
  /** Of a running job. */
  readonly phase?: JobPhase;
  /** Code of the error that ended it. */
  readonly code?: string;
  readonly reason?: string;
  /** What the operator of this machine can do about it. */
  readonly hint?: string;
  readonly startedAt: number;
  readonly finishedAt?: number;
}

/** A job that is under way. */
interface Underway {
  readonly job: Job;
  readonly slot: JobSlot;
  readonly startedAt: number;
  readonly phase: JobPhase;
}

export const runningRecord = ({ job, slot, startedAt, phase }: Underway): JobRecord => ({
  ...summaryOf(job),
  ...gpuOf(slot),
  status: 'running',
  phase,
  startedAt,
});

/** A result that was made counts as undelivered until its delivery says otherwise. */
export const endedRecord = (outcome: JobOutcome, slot: JobSlot = CPU_SLOT): JobRecord => ({
  ...summaryOf(outcome.job),
  ...gpuOf(slot),
  status: outcome.is === 'completed' ? 'undelivered' : outcome.is,
  ...(outcome.is === 'completed' ? factsOf(outcome) : troubleOf(outcome.error)),
  startedAt: outcome.startedAt,
  finishedAt: outcome.finishedAt,
});

/** The GPU that a job was placed on, as people tell it from the others. */
export const gpuOf = (slot: JobSlot): Pick<JobRecord, 'gpu'> => shownGpu(deviceOf(slot));

type SummaryKey = 'jobId' | 'origin' | 'kind' | 'model' | 'engine' | 'prompt' | 'settings';

/** Never more of the prompt than its preview. */
const summaryOf = (job: Job): Pick<JobRecord, SummaryKey> => ({
  jobId: job.id,
  origin: job.origin,
  kind: job.task.kind,
  model: job.model,
  engine: job.source.engine,
  prompt: promptPreview(job.prompt),
  settings: settingsOf(job.task),
});

const troubleOf = ({ code, message, hint }: WorkerError): Pick<JobRecord, 'code' | 'reason' | 'hint'> => ({
  code,
  reason: message,
  ...(hint === undefined ? {} : { hint }),
});

const factsOf = ({ ranOn, loadMs, runMs }: RunFacts): RunFacts => ({
  ...(ranOn === undefined ? {} : { ranOn }),
  ...(loadMs === undefined ? {} : { loadMs }),
  ...(runMs === undefined ? {} : { runMs }),
});

/** Whether it is no job in the eyes of people: a count of tokens takes no time, and would push others out of their lists. */
export const isUnlisted = ({ task }: Pick<Job, 'task'>): boolean => task.kind === 'llm' && task.local?.is === 'tokens';
