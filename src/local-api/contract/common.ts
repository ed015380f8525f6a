import * as v from 'valibot';

/** Milliseconds since the epoch. */
export const TimeSchema = v.pipe(v.number(), v.description('Milliseconds since the epoch.'));
/** Memory, in GiB. */
export const GbSchema = v.pipe(v.number(), v.description('GiB.'));

/** Every failure: a code for programs, a message for people, and what helps where something does. */
export const ApiErrorSchema = v.object({
  error: v.string(),
  message: v.string(),
  hint: v.exactOptional(v.string()),
});
export type ApiError = v.InferOutput<typeof ApiErrorSchema>;

export const isApiError = (value: unknown): value is ApiError => v.is(ApiErrorSchema, value);

/** The answer of a request that was carried out and has nothing to tell. */
export const DoneSchema = v.object({ ok: v.literal(true) });
