import type { Task } from '../../contract/tasks/index.ts';
import type { EngineName } from '../../contract/model-source.ts';
import type { ModelFiles, RunContext } from '../engine.ts';
import type { TaskResult } from '../result.ts';
import type { DeviceKind } from '../readiness.ts';

/** Files that a task names by URL, by the task's own field: `initImageUrl`, `inputUrl`. Fetched by the worker. */
export type Inputs = ReadonlyMap<string, Uint8Array>;

export interface LoadContext {
  readonly signal: AbortSignal;
  /** Called as loading advances, where the library reports it. A stall ends the child. */
  readonly progress: (done: number, total: number) => void;
  /** Whether to be content with less memory, at the price of speed. */
  readonly lean: boolean;
  /** More binaries of the engine's library, for other devices. */
  readonly binariesFolder: string | undefined;
}

/** The part of an engine that runs in the child: the native library, without network and without secrets. */
export interface InnerEngine {
  /** @throws WorkerError `model.unusable` | `native.unavailable` | `engine.failed` | `engine.out-of-memory` */
  load(files: ModelFiles, context: LoadContext): Promise<InnerModel>;
}

/** Facts for a log line; never secrets. */
export type NoteFields = Readonly<Record<string, string | number | boolean>>;

/** Puts an event into the worker's log, where an engine copes with something that is not as it should be. */
export type Warn = (event: string, fields: NoteFields) => void;

/** Weights in the child's memory. They are freed with the process if not before. */
export interface InnerModel extends AsyncDisposable {
  /** What its runs are computed on. */
  readonly ranOn: DeviceKind;
  run(task: Task, inputs: Inputs, context: RunContext): Promise<TaskResult>;
}

/** The engines a child can become, by name. Each is loaded only by the child that is asked to be it. */
export type InnerEngines = Readonly<Partial<Record<EngineName, (warn: Warn) => Promise<InnerEngine>>>>;
