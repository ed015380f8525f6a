declare const brand: unique symbol;

/** A string that only its own maker produces, so that one kind of id cannot be passed as another. */
type Id<Name extends string> = string & { readonly [brand]: Name };

/** The studio's name for one job. Opaque: any text, never a file name. */
export type JobId = Id<'JobId'>;
/** The studio's name for this worker, given at approval. */
export type WorkerId = Id<'WorkerId'>;
/** The registry name of a model; used in results and to name cache folders. */
export type ModelId = Id<'ModelId'>;

/** The makers. Any text may be an id: the caller vouches for where it is from. */
export const toJobId = (text: string): JobId => text as JobId;
export const toWorkerId = (text: string): WorkerId => text as WorkerId;
export const toModelId = (text: string): ModelId => text as ModelId;
