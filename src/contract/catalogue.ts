import * as v from 'valibot';
import { ModelSourceSchema } from './model-source.ts';
import { Decimal } from './numbers.ts';
import { TaskKindIdSchema } from './tasks/index.ts';

/** A model that this machine knows how to run (studio contract, `models.json`). */
export const CatalogueEntrySchema = v.pipe(
  v.object({
    id: v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
    displayName: v.exactOptional(v.string()),
    kind: TaskKindIdSchema,
    /** GiB; 0 when it is not known. */
    vramGbEstimate: v.optional(v.pipe(Decimal, v.minValue(0)), 0),
    description: v.exactOptional(v.string()),
    source: ModelSourceSchema,
    enabled: v.optional(v.boolean(), true),
    /** Who brought it: what the operator added is never changed by a studio. */
    origin: v.optional(v.picklist(['local', 'studio']), 'local'),
    /** At most one model of a group is in memory. */
    exclusiveGroup: v.exactOptional(v.string()),
  }),
  v.transform((entry) => ({ ...entry, displayName: entry.displayName ?? entry.id })),
);
export type CatalogueEntry = v.InferOutput<typeof CatalogueEntrySchema>;

/** The file that keeps them. */
export const CatalogueFileSchema = v.object({
  models: v.array(CatalogueEntrySchema),
  /** Models of a first catalogue that the operator removed. */
  dismissedSeeds: v.exactOptional(v.array(v.string())),
});
