import * as v from 'valibot';

/** What one check of the doctor found. `skipped`: there was nothing to look at. */
export const FindingSchema = v.object({
  /** Stable, such as `config.valid`. */
  id: v.string(),
  /** What the check looks at. */
  title: v.string(),
  is: v.picklist(['ok', 'warning', 'failed', 'skipped']),
  message: v.string(),
  /** What to do about it. */
  hint: v.exactOptional(v.string()),
});
export type ApiFinding = v.InferOutput<typeof FindingSchema>;

/** What the release feed has, without anything being fetched or installed. */
export const UpdateCheckSchema = v.object({
  current: v.string(),
  /** The newest release that runs here, where it is newer than this one. */
  latest: v.nullable(v.string()),
  /** Why the worker does not move to it by itself yet. */
  heldBack: v.nullable(v.string()),
});
export type ApiUpdateCheck = v.InferOutput<typeof UpdateCheckSchema>;

/** Folders that a file manager can show. */
const PLACES = ['config', 'models'] as const;
export type PlaceName = (typeof PLACES)[number];

export const PlaceRequestSchema = v.object({ place: v.picklist(PLACES) });
/** Without a desktop there is nothing that could show it: then the path is all there is to give. */
export const OpenedPlaceSchema = v.object({ opened: v.boolean(), folder: v.string() });
