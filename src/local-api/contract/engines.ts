import * as v from 'valibot';

/** One engine of this release: whether it can take work now, on what, and what helps where it cannot. */
export const EngineSchema = v.object({
  engine: v.string(),
  ready: v.boolean(),
  /** What its models would run on; of an engine that can use a GPU. */
  runsOn: v.exactOptional(v.string()),
  /** Why that is the CPU although there is a GPU. */
  onCpu: v.exactOptional(v.object({ because: v.string(), hint: v.string() })),
  /** Binaries for GPUs that are fetched when they are needed. */
  packs: v.exactOptional(v.array(v.object({ pack: v.string(), state: v.string() }))),
  /** What it lacks, and how to mend that; both only while it is not ready. */
  because: v.exactOptional(v.string()),
  hint: v.exactOptional(v.string()),
  kinds: v.array(v.string()),
  models: v.array(v.string()),
});
export type ApiEngine = v.InferOutput<typeof EngineSchema>;

/** What an operator asks of the updater; the newest release when nothing is named. */
export const UpdateRequestSchema = v.object({
  version: v.exactOptional(v.string()),
  /** An older release, or one that did not work before. */
  force: v.exactOptional(v.boolean()),
  /** Back to the one that was replaced last. */
  rollback: v.exactOptional(v.boolean()),
});

/** What comes of it; `status` events tell the rest. */
export const UpdateAnswerSchema = v.object({ is: v.picklist(['current', 'updating']), version: v.string() });
