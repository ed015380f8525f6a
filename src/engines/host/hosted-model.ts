import { WorkerError } from '../../base/errors.ts';
import type { EngineName } from '../../contract/model-source.ts';
import type { Task } from '../../contract/tasks/index.ts';
import type { RunContext } from '../engine.ts';
import type { TaskResult } from '../result.ts';
import type { EngineProcess } from './holder.ts';
import type { ChildAnswer, Request } from './exchange.ts';
import type { Inputs } from './inner.ts';
import type { EngineChild } from './engine-child.ts';

/** A model in a child's memory. Disposing ends the child, within half a second. */
export interface HostedModel extends AsyncDisposable {
  /** The child that holds the weights now. */
  readonly process: EngineProcess;
  /** What the child reported its runs are computed on. */
  readonly ranOn: string;
  /** Runs a task. After a crash the next run gets a fresh child that loads the model again. */
  run(task: Task, inputs: Inputs, context: RunContext): Promise<TaskResult>;
}

/** A child that has loaded the model. */
export interface LoadedChild {
  readonly talk: EngineChild;
  readonly ranOn: string;
}

export interface ReopeningModelOptions {
  readonly engine: EngineName;
  /** Longest stall of a run, in milliseconds. */
  readonly stallMs: number;
  /** Loads the model in another child. */
  readonly open: (signal: AbortSignal) => Promise<LoadedChild>;
}

/** A model that outlives its child: a run that finds the child gone gets another one. */
export class ReopeningModel implements HostedModel {
  readonly #options: ReopeningModelOptions;
  #child: LoadedChild;
  #isDisposed = false;

  constructor(child: LoadedChild, options: ReopeningModelOptions) {
    this.#child = child;
    this.#options = options;
  }

  get ranOn(): string {
    return this.#child.ranOn;
  }

  get process(): EngineProcess {
    const { pid, ended } = this.#child.talk;
    return { pid, ended };
  }

  async run(task: Task, inputs: Inputs, { signal, progress, emit }: RunContext): Promise<TaskResult> {
    const { engine, stallMs } = this.#options;
    if (this.#isDisposed) throw this.#unloaded();
    if (this.#child.talk.over) await this.#reopen(signal);
    const order = { do: 'run', task, inputs: new Map(inputs) } as const;
    const answer = await this.#ask({ order, signal, progress, emit, stallMs });
    if (answer.is === 'done') return answer.result;
    throw new WorkerError('internal', `the ${engine} engine answered a task with "${answer.is}"`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.#child.talk.leave();
  }

  async #ask(request: Request): Promise<ChildAnswer> {
    const { talk } = this.#child;
    try {
      return await talk.ask(request);
    } catch (thrown) {
      // A child that died while it was idle may be noticed only now. The task is not to blame for it.
      if (!talk.over || talk.taken || request.signal.aborted) throw thrown;
      await this.#reopen(request.signal);
      return await this.#child.talk.ask(request);
    }
  }

  async #reopen(signal: AbortSignal): Promise<void> {
    this.#child = await this.#options.open(signal);
    if (!this.#isDisposed) return;
    await this.#child.talk.leave(); // the model was disposed of meanwhile, and nobody would end the child
    throw this.#unloaded();
  }

  #unloaded(): WorkerError {
    return new WorkerError('internal', `the ${this.#options.engine} engine was asked to run after it was unloaded`);
  }
}
