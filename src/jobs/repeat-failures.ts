import { type ErrorCode, WorkerError } from '../base/errors.ts';
import type { ModelId } from '../base/ids.ts';
import type { EngineName } from '../contract/model-source.ts';
import type { Sha256 } from '../system/disk/digest.ts';
import type { Job } from './job.ts';
import { isRepeatable, isSettled } from './repeatable.ts';

/** Tells a failure that comes again with each attempt from one that another attempt may get past. */
export interface RepeatFailures {
  /**
   * Runs a job on its loaded model and has its result checked. What is certain to come again is not worth a retry
   * anywhere: a second crash on the same task, which is then the task's doing and does not speak against the model; a
   * result of settled choices that is not what the task asks for; and the same failure twice where equal tasks have equal
   * results.
   *
   * @throws WorkerError `task.crashes-engine` for the second crash on a task | `task.fails-again` for another failure that is
   *   certain to come again; otherwise what `work` throws
   */
  during<T>(job: Job, work: () => Promise<T>): Promise<T>;
}

export interface RepeatFailuresOptions {
  readonly sha256: Sha256;
  /** Takes back crashes that were counted against a model. */
  readonly forgive: (engine: EngineName, model: ModelId, crashes: number) => void;
}

/** A retry comes within minutes, and few tasks fail: older ones than these are forgotten. */
const MAX_REMEMBERED = 64;
/** Failures of the run itself; memory, downloads and the machine are another matter. */
const OF_THE_RUN: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['engine.failed', 'result.rejected']);

export function createRepeatFailures({ sha256, forgive }: RepeatFailuresOptions): RepeatFailures {
  const failed = new Set<string>();

  /** Whether this failed before in the same way. That is forgotten with the answer. */
  function isSecond(job: Job, how: string): boolean {
    const key = `${job.source.engine} ${job.model} ${sha256(describe(job)).toHex()} ${how}`;
    if (failed.delete(key)) return true;
    failed.add(key);
    const [oldest = key] = failed;
    if (failed.size > MAX_REMEMBERED) failed.delete(oldest);
    return false;
  }

  return {
    async during(job, work) {
      try {
        return await work();
      } catch (thrown) {
        if (!(thrown instanceof WorkerError)) throw thrown;
        const { code, message } = thrown;
        if (code === 'engine.crashed' && isSecond(job, code)) {
          forgive(job.source.engine, job.model, 2);
          throw isPoison(thrown);
        }
        if (code === 'result.rejected' && isSettled(job)) throw comesAgain(thrown);
        if (OF_THE_RUN.has(code) && isRepeatable(job) && isSecond(job, `${code} ${message}`)) throw comesAgain(thrown);
        throw thrown;
      }
    },
  };
}

/** A task is data of the contract; its seeds are `bigint`, which JSON does not know. */
const describe = ({ task }: Job): string =>
  JSON.stringify(task, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));

const isPoison = (error: WorkerError): WorkerError =>
  new WorkerError('task.crashes-engine', `this task ended the engine twice: ${error.message}`, {
    cause: error,
    hint: 'Change the task: other tasks of this model are still taken.',
    fields: error.fields,
  });

/** In the words of the failure itself. */
const comesAgain = (error: WorkerError): WorkerError =>
  new WorkerError('task.fails-again', error.message, {
    cause: error,
    hint: 'Change the task or its seed: the same task comes to the same result each time.',
    fields: error.fields,
  });
