import type * as v from 'valibot';
import type { JobSettings } from './settings.ts';
import type { OfferedUrl } from './urls.ts';

/** One task kind: how its params are read, how its result travels, and what of it is shown to people. */
export interface TaskKind<Params extends v.GenericSchema> {
  /** What people are shown it as. */
  readonly name: string;
  readonly params: Params;
  /** How a finished result travels: in a `completeJson` frame, or as an uploaded artifact. */
  readonly resultIs: 'json' | 'artifact';
  /** The extensions that its results are made with, the usual one first; none where a task does not choose. */
  readonly exts: readonly string[];
  /** The prompt that goes back with the result, always in full. */
  readonly prompt: (task: v.InferOutput<Params>) => string;
  /**
   * How many pixels a run works on, which decides how much memory it takes. Undefined where that does not depend on the
   * task: what the model needs is allocated in full when it loads.
   */
  readonly pixels: (task: v.InferOutput<Params>) => number | undefined;
  /** The inputs that a task names by URL, for a worker to fetch. */
  readonly urls: (task: v.InferOutput<Params>) => readonly OfferedUrl[];
  /** What a task asks for beside its prompt, as people are shown it; what it leaves to the model is absent. */
  readonly settings: (task: v.InferOutput<Params>) => JobSettings;
}

/** Declares a task kind with its types inferred from the schema. */
export const defineTaskKind = <Params extends v.GenericSchema>(kind: TaskKind<Params>): TaskKind<Params> => kind;

/** A side of 0 is the model's own, the same each time: any one number stands for it. */
export const side = (pixels: number): number => pixels || 1;
