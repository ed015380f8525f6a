import * as v from 'valibot';
import { CatalogueEntrySchema } from '../../contract/catalogue.ts';
import { ModelSourceSchema } from '../../contract/model-source.ts';
import { TaskKindIdSchema } from '../../contract/tasks/index.ts';
import { GbSchema, TimeSchema } from './common.ts';
import { LoadedModelSchema } from './status.ts';

/** Where a model is on its way into memory. */
const MODEL_STATES = ['unloaded', 'loading', 'loaded', 'unloading', 'failed'] as const;

/** A download, or the last one that ended in this run of the worker. */
export const PullSchema = v.object({
  state: v.picklist(['running', 'done', 'failed', 'cancelled']),
  /** The file that is on its way, and which of how many it is. */
  filename: v.string(),
  file: v.number(),
  files: v.number(),
  /** `wait`: another process fetches it. */
  phase: v.picklist(['wait', 'download', 'verify', 'ready']),
  doneBytes: v.number(),
  /** Null while it is not known. */
  totalBytes: v.nullable(v.number()),
  /** Since the last report; 0 while nothing moves. */
  bytesPerSecond: v.number(),
  startedAt: TimeSchema,
  error: v.exactOptional(v.string()),
  hint: v.exactOptional(v.string()),
});
export type Pull = v.InferOutput<typeof PullSchema>;

/** What of a model is on this disk. `none-needed`: its engine reads no file. */
const DiskSchema = v.object({
  state: v.picklist(['none-needed', 'absent', 'partial', 'whole']),
  sizeBytes: v.number(),
});

const StateFields = {
  id: v.string(),
  state: v.picklist(MODEL_STATES),
  /** It is loaded again after a restart. */
  resident: v.boolean(),
  since: TimeSchema,
  error: v.exactOptional(v.string()),
};
export const ModelStateSchema = v.object(StateFields);
export type ModelState = v.InferOutput<typeof ModelStateSchema>;

/** A model of the catalogue, with where it stands. */
export const ModelSchema = v.object({
  ...StateFields,
  displayName: v.string(),
  kind: TaskKindIdSchema,
  vramGbEstimate: GbSchema,
  description: v.exactOptional(v.string()),
  source: ModelSourceSchema,
  enabled: v.boolean(),
  origin: v.picklist(['local', 'studio']),
  exclusiveGroup: v.exactOptional(v.string()),
  /** An engine of this release can hold it in memory between two jobs. */
  loadable: v.boolean(),
  /** It reads images. */
  images: v.boolean(),
  /** Null unless it is in memory, or on its way in or out. */
  loaded: v.nullable(LoadedModelSchema),
  disk: DiskSchema,
  pull: v.nullable(PullSchema),
});
export type ApiModel = v.InferOutput<typeof ModelSchema>;
export const ModelListSchema = v.array(ModelSchema);

/** What is written to add a model, or to change one. */
export const ModelDraftSchema = CatalogueEntrySchema;

/** Why a model was not loaded although it is known. */
export const MemoryRefusalSchema = v.object({
  error: v.literal('insufficient_memory'),
  message: v.string(),
  neededGib: v.number(),
  freeGib: v.number(),
  marginGib: v.number(),
});

export const VerifiedSchema = v.object({
  files: v.array(
    v.object({
      filename: v.string(),
      /** `unknown`: there is no checksum to compare with. */
      verdict: v.picklist(['verified', 'unknown', 'broken']),
      because: v.exactOptional(v.string()),
    }),
  ),
});
export type Verified = v.InferOutput<typeof VerifiedSchema>;

/** Every model file below the models root, those of no model in the catalogue as well. */
export const ModelFilesSchema = v.object({
  root: v.string(),
  /** Null where the system does not tell. */
  freeBytes: v.nullable(v.number()),
  files: v.array(
    v.object({
      model: v.string(),
      filename: v.string(),
      path: v.string(),
      sizeBytes: v.number(),
      state: v.picklist(['whole', 'partial']),
      sha256: v.exactOptional(v.string()),
      usedAt: TimeSchema,
    }),
  ),
});
