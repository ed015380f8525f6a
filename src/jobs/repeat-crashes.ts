import { WorkerError } from '../base/errors.ts';
import type { ModelId } from '../base/ids.ts';
import type { EngineName } from '../contract/model-source.ts';
import type { Sha256 } from '../system/disk/digest.ts';
import type { Job } from './job.ts';

/** Tells a task that ends its engine each time from a model or a driver that does. */
export interface RepeatCrashes {
  /**
   * Runs a job on its loaded model. A second crash on the same task is the task's doing: the job is not worth a retry
   * anywhere, and neither crash speaks against the model, which harmless jobs go on using.
   *
   * @throws WorkerError `task.crashes-engine` for the second crash on a task; otherwise what `work` throws
   */
  during<T>(job: Job, work: () => Promise<T>): Promise<T>;
}

export interface RepeatCrashesOptions {
  readonly sha256: Sha256;
  /** Takes back crashes that were counted against a model. */
  readonly forgive: (engine: EngineName, model: ModelId, crashes: number) => void;
}

/** A retry comes within minutes, and few tasks crash anything: older ones than these are forgotten. */
const MAX_REMEMBERED = 64;

export function createRepeatCrashes({ sha256, forgive }: RepeatCrashesOptions): RepeatCrashes {
  const crashed = new Set<string>();
  return {
    async during(job, work) {
      try {
        return await work();
      } catch (thrown) {
        if (!(thrown instanceof WorkerError) || thrown.code !== 'engine.crashed') throw thrown;
        const { engine } = job.source;
        const key = `${engine} ${job.model} ${sha256(describe(job)).toHex()}`;
        if (crashed.delete(key)) {
          forgive(engine, job.model, 2);
          throw isPoison(thrown);
        }
        crashed.add(key);
        const [oldest = key] = crashed;
        if (crashed.size > MAX_REMEMBERED) crashed.delete(oldest);
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
