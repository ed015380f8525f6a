import type { ModelId } from '../base/ids.ts';
import type { CliDefaults, EngineName, FileRole } from '../contract/model-source.ts';
import type { Task, TaskKindId } from '../contract/tasks/index.ts';
import type { EngineProcess } from './host/holder.ts';
import type { LoadOptions } from './load-options.ts';
import type { Readiness, Where } from './readiness.ts';
import type { TaskDelta, TaskResult } from './result.ts';

/** A model source as verified paths on this disk. */
export interface ModelFiles {
  readonly model: ModelId;
  /** First file of each role. */
  readonly paths: ReadonlyMap<FileRole, string>;
  /** Every file of the role `lora`, in the order of the source. */
  readonly loras: readonly string[];
  readonly defaults: CliDefaults;
}

/** What a run works with. */
export interface RunContext {
  readonly signal: AbortSignal;
  /** Called as work advances, in the engine's own steps; `done` never exceeds `total`. */
  readonly progress: (done: number, total: number) => void;
  /** Takes a piece of the result as it is made; what comes after the end is dropped. Returns at once, never throws. */
  readonly emit: (delta: TaskDelta) => void;
}

/** Code that loads models and runs tasks. */
export interface Engine {
  readonly id: EngineName;
  /** The model names it advertises for each task kind it serves; no entry means the kind is not served. */
  readonly models: Readonly<Partial<Record<TaskKindId, readonly string[]>>>;
  /** Whether its models live in GPU memory, so that idle ones are unloaded for a job, and its peak is learned. */
  readonly memory: 'gpu' | 'none';
  /** Whether it can load a model lean. One that cannot has failed once it runs out of memory. */
  readonly canRunLean: boolean;
  /** Cheap and free of side effects: reports what is missing, never fetches it. */
  readiness(): Promise<Readiness>;
  /**
   * @throws WorkerError `engine.unavailable` | `engine.failed` | `engine.out-of-memory`; rejects with the signal's
   * reason within a second of abort
   */
  load(model: ModelFiles, signal: AbortSignal, how: LoadOptions): Promise<LoadedModel>;
}

/** Weights in memory. Disposing frees them. */
export interface LoadedModel extends AsyncDisposable {
  /** Who holds the weights between two runs; undefined when nothing is held, so that keeping it would save nothing. */
  readonly process: EngineProcess | undefined;
  /** What its runs are computed on: a device kind, or a device's own name. Undefined where no model is. */
  readonly ranOn: string | undefined;
  /** Where it was to run; undefined where its engine's readiness tells, as for all but models with a device of their own. */
  readonly where: Where | undefined;
  /**
   * @throws WorkerError `task.unsupported` | `task.invalid` | `engine.failed` | `engine.out-of-memory`; rejects with the
   * signal's reason on abort
   */
  run(task: Task, context: RunContext): Promise<TaskResult>;
}
