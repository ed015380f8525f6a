import type { WorkerError } from '../base/errors.ts';
import type { JobId, ModelId } from '../base/ids.ts';
import { promptPreview, type TaskKindId } from '../contract/tasks/index.ts';
import type { Job, JobOutcome, RunFacts } from './job.ts';

/** One job as `status` shows it. Times in milliseconds since the epoch. */
export interface JobRecord extends RunFacts {
  readonly jobId: JobId;
  readonly kind: TaskKindId;
  readonly model: ModelId;
  /** First 200 characters of the prompt. */
  readonly prompt: string;
  readonly status: 'running' | JobOutcome['is'];
  readonly reason?: string;
  /** What the operator of this machine can do about it. */
  readonly hint?: string;
  readonly startedAt: number;
  readonly finishedAt?: number;
}

/** The newest jobs, newest last. */
export interface JobHistory {
  add(outcome: JobOutcome): void;
  recent(): readonly JobRecord[];
}

/** As many as the reference shows its operator. */
const KEPT = 50;

/** An empty history. Lives as long as the process: what happened before a start is the studio's to know. */
export function createHistory(kept = KEPT): JobHistory {
  const records: JobRecord[] = [];
  return {
    add(outcome) {
      records.push({
        ...describe(outcome.job),
        status: outcome.is,
        ...(outcome.is === 'completed' ? factsOf(outcome) : troubleOf(outcome.error)),
        startedAt: outcome.startedAt,
        finishedAt: outcome.finishedAt,
      });
      if (records.length > kept) records.shift();
    },
    recent: () => [...records],
  };
}

const troubleOf = ({ message, hint }: WorkerError): Pick<JobRecord, 'reason' | 'hint'> => ({
  reason: message,
  ...(hint === undefined ? {} : { hint }),
});

const factsOf = ({ ranOn, loadMs, runMs }: RunFacts): RunFacts => ({
  ...(ranOn === undefined ? {} : { ranOn }),
  ...(loadMs === undefined ? {} : { loadMs }),
  ...(runMs === undefined ? {} : { runMs }),
});

/** What people are shown of a job: never more of the prompt than its preview. */
export const describe = (job: Job): Pick<JobRecord, 'jobId' | 'kind' | 'model' | 'prompt'> => ({
  jobId: job.id,
  kind: job.task.kind,
  model: job.model,
  prompt: promptPreview(job.prompt),
});
