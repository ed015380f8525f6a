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

export type Readiness =
  { readonly ready: true } | { readonly ready: false; readonly because: string; readonly hint: string };

export interface RunContext {
  readonly signal: AbortSignal;
  /** Called as work advances, in the engine's own steps; `done` never exceeds `total`. */
  readonly progress: (done: number, total: number) => void;
}

/** Code that loads models and runs tasks. */
export interface Engine {
  readonly id: EngineName;
  /** The model names it advertises for each task kind it serves; no entry means the kind is not served. */
  readonly models: Readonly<Partial<Record<TaskKindId, readonly string[]>>>;
  /** Whether its models live in GPU memory, so that a job has to fit there before it is taken. */
  readonly memory: 'gpu' | 'none';
  /** Cheap and free of side effects: says what is missing, never fetches it. */
  readiness(): Promise<Readiness>;
  /** @throws WorkerError `engine.unavailable` | `engine.failed`; rejects with the signal's reason within a second of abort */
  load(model: ModelFiles, signal: AbortSignal): Promise<LoadedModel>;
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
  /** @throws WorkerError `task.unsupported` | `task.invalid` | `engine.failed`; rejects with the signal's reason on abort */
  run(task: Task, context: RunContext): Promise<TaskResult>;
}
