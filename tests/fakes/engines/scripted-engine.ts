import type { WorkerError } from '../../../src/base/errors.ts';
import type { Task } from '../../../src/contract/tasks/index.ts';
import type { Engine, LoadedModel, ModelFiles, RunContext } from '../../../src/engines/engine.ts';
import type { LoadOptions } from '../../../src/engines/load-options.ts';
import type { TaskResult } from '../../../src/engines/result.ts';
import { READY, type Readiness, type Where } from '../../../src/engines/readiness.ts';

/** An engine whose jobs end when the test says so. It keeps the rules of the seam: aborts, loads, frees. */
export class ScriptedEngine implements Engine {
  readonly id = 'synthetic';
  readonly models = { llm: ['synthetic'], image: ['synthetic'] };
  memory: Engine['memory'] = 'none';
  ready: Readiness = READY;
  canRunLean = false;
  ranOn: string | undefined;
  /** Where its models are to run, should that be elsewhere than it says of itself. */
  modelsWhere: Where | undefined;
  /** How each model was loaded. */
  readonly loads: LoadOptions[] = [];
  /** Models in memory right now. */
  loaded = 0;
  /** Ignores aborts, as a hung native library would. */
  deaf = false;
  readonly #started: ((run: ScriptedRun) => void)[] = [];
  readonly #runs: ScriptedRun[] = [];

  readiness(): Promise<Readiness> {
    return Promise.resolve(this.ready);
  }

  load(_model: ModelFiles, _signal: AbortSignal, how: LoadOptions): Promise<LoadedModel> {
    this.loaded += 1;
    this.loads.push(how);
    return Promise.resolve({
      process: undefined,
      ranOn: this.ranOn,
      where: this.modelsWhere,
      run: (task, context) => this.#run(task, context),
      [Symbol.asyncDispose]: () => {
        this.loaded -= 1;
        return Promise.resolve();
      },
    });
  }

  /** The next run, once the worker has started it. */
  started(): Promise<ScriptedRun> {
    const waiting = this.#runs.shift();
    return waiting ? Promise.resolve(waiting) : new Promise((resolve) => this.#started.push(resolve));
  }

  #run(task: Task, { signal, emit }: RunContext): Promise<TaskResult> {
    const { promise, resolve, reject } = Promise.withResolvers<TaskResult>();
    if (!this.deaf) signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    const run: ScriptedRun = {
      task,
      emit,
      finish: (result = { is: 'json', value: { text: 'done' } }) => resolve(result),
      fail: reject,
    };
    const waiter = this.#started.shift();
    if (waiter) waiter(run);
    else this.#runs.push(run);
    return promise;
  }
}

export interface ScriptedRun {
  readonly task: Task;
  readonly emit: RunContext['emit'];
  readonly finish: (result?: TaskResult) => void;
  readonly fail: (error: WorkerError | Error) => void;
}
