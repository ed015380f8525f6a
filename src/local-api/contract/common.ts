import * as v from 'valibot';
import { readJson } from '../../contract/read.ts';

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

/** The same below `/v1`, where errors have the shape of OpenAI's API. */
const OpenAiErrorSchema = v.object({ error: v.object({ message: v.string(), code: v.string() }) });

/** What a refusal says, in either shape; undefined where it is none. */
export function readRefusal(text: string): ApiError | undefined {
  const read = readJson(v.union([ApiErrorSchema, OpenAiErrorSchema]), text);
  if (read.is === 'unreadable') return undefined;
  return 'message' in read.value ? read.value : { error: read.value.error.code, message: read.value.error.message };
}

/** The answer of a request that was carried out and has nothing to tell. */
export const DoneSchema = v.object({ ok: v.literal(true) });
