import type { ModelId } from '../base/ids.ts';
import type { JsonValue } from '../base/json.ts';
import type { CliDefaults, EngineName, FileRole } from '../contract/model-source.ts';
import type { Task, TaskKindId } from '../contract/tasks/index.ts';

/** What an engine returned. */
export type TaskResult =
  | { readonly is: 'json'; readonly value: JsonValue }
  | { readonly is: 'artifact'; readonly bytes: Uint8Array; readonly ext: string };

/** A model source as verified paths on this disk. */
export interface ModelFiles {
  readonly model: ModelId;
  /** First file of each role. */
  readonly paths: ReadonlyMap<FileRole, string>;
  readonly defaults: CliDefaults;
}

/** Where an engine's models would run if one were loaded now. */
export interface Where {
  /** `cpu`, `cuda`, `rocm`, `vulkan`, `metal`. */
  readonly on: string;
  /** Of an engine on the processor that could use a GPU: why it does not, and what helps. */
  readonly instead?: { readonly because: string; readonly hint: string };
}

/** `where` is there for engines that can use a GPU. */
export type Readiness =
  | { readonly ready: true; readonly where?: Where }
  | {
      readonly ready: false;
      readonly because: string;
      readonly hint: string;
      readonly where?: Where;
      /** Nobody asked for it: there is nothing to mend. */
      readonly unasked?: true;
    };

export interface RunContext {
  readonly signal: AbortSignal;
  /** Called as work advances, in the engine's own steps; `done` never exceeds `total`. */
  readonly progress: (done: number, total: number) => void;
}

/** What a model is to be content with when it is loaded. */
export interface LoadHow {
  /** Less GPU memory at the price of speed: smaller batches, weights left in the machine's own memory. */
  readonly lean: boolean;
  /** Nothing is fetched for it: what is not on this disk makes the load fail. */
  readonly onlyPresent?: true;
}

/** Code that loads models and runs tasks. */
export interface Engine {
  readonly id: EngineName;
  /** The model names it advertises for each task kind it serves; no entry means the kind is not served. */
  readonly models: Readonly<Partial<Record<TaskKindId, readonly string[]>>>;
  /** Whether its models live in GPU memory, so that a job has to fit there before it is taken. */
  readonly memory: 'gpu' | 'none';
  /** Whether it knows how to load a model lean. One that does not has failed once it runs out of memory. */
  readonly canRunLean: boolean;
  /** Cheap and free of side effects: says what is missing, never fetches it. */
  readiness(): Promise<Readiness>;
  /**
   * Loads as usual unless told how.
   *
   * @throws WorkerError `engine.unavailable` | `engine.failed` | `engine.out-of-memory`; rejects with the signal's
   * reason within a second of abort
   */
  load(model: ModelFiles, signal: AbortSignal, how?: LoadHow): Promise<LoadedModel>;
}

/** The process that holds a model's weights. */
export interface EngineProcess {
  readonly pid: number;
  /** Settles when it is gone, however it ended. Never rejects. */
  readonly ended: Promise<unknown>;
}

/** Weights in memory. Disposing frees them. */
export interface LoadedModel extends AsyncDisposable {
  /** Who holds the weights between two runs; undefined when nothing is held then, so that keeping it would save nothing. */
  readonly process: EngineProcess | undefined;
  /** What its runs are computed on: `cpu`, `cuda`, `rocm`, `vulkan`, `metal`, or a device's own name. Undefined where no model is. */
  readonly ranOn: string | undefined;
  /**
   * @throws WorkerError `task.unsupported` | `task.invalid` | `engine.failed` | `engine.out-of-memory`; rejects with the
   * signal's reason on abort
   */
  run(task: Task, context: RunContext): Promise<TaskResult>;
}
