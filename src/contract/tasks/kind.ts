import type * as v from 'valibot';

/** One task kind: how its params are read, how its result travels, and which text of it is shown to people. */
export interface TaskKind<Id extends string, Params extends v.GenericSchema> {
  readonly id: Id;
  readonly params: Params;
  /** How a finished result travels: in a `completeJson` frame, or as an uploaded artifact. */
  readonly resultIs: 'json' | 'artifact';
  /** The prompt that goes back with the result, always in full. */
  readonly prompt: (task: v.InferOutput<Params>) => string;
}

/** Declares a task kind with its types inferred from the schema. */
export const defineTaskKind = <const Id extends string, Params extends v.GenericSchema>(
  kind: TaskKind<Id, Params>,
): TaskKind<Id, Params> => kind;
