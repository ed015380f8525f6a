import * as v from 'valibot';

/** Where the updater of an installation may stand; see the machine in `release/update`. */
export const UPDATE_STATES = [
  'off',
  'idle',
  'checking',
  'downloading',
  'draining',
  'trial',
  'swapping',
  'swapped',
  'rolled-back',
  'shelved',
] as const;

/** Where it stands, for commands, programs and the page of a running worker. */
export const UpdateStatusSchema = v.object({
  at: v.picklist(UPDATE_STATES),
  /** What is being moved to, or was not. */
  version: v.exactOptional(v.string()),
  /** Why a version was taken back, updates are off, or the last one came to nothing. */
  because: v.exactOptional(v.string()),
  pinned: v.exactOptional(v.string()),
  lastCheckAt: v.exactOptional(v.pipe(v.number(), v.description('Milliseconds since the epoch.'))),
});
export type UpdateStatus = v.InferOutput<typeof UpdateStatusSchema>;
