import * as v from 'valibot';
import { describeIssues, type Read } from './read.ts';

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A term such as `cpu`, or the name of a device; it is shown and logged. */
export const DeviceNameSchema = v.pipe(v.string(), v.regex(/^[\x20-\x7e]{1,100}$/));

/** What a result was computed on: an extension, which studios that do not know it store like the rest. */
export const RAN_ON = 'ran_on';

/** The result of an `llm` task (studio contract, result shapes). `elapsed_ms` and the reasoning may be absent. */
export const ChatCompletionSchema = v.object({
  object: v.literal('chat.completion'),
  model: v.string(),
  choices: v.pipe(
    v.array(
      v.object({
        index: Count,
        message: v.object({
          role: v.literal('assistant'),
          content: v.string(),
          reasoning_content: v.optional(v.string()),
        }),
        finish_reason: v.picklist(['stop', 'length']),
      }),
    ),
    v.minLength(1),
  ),
  usage: v.object({ prompt_tokens: Count, completion_tokens: Count, total_tokens: Count }),
  elapsed_ms: v.optional(Count),
  [RAN_ON]: v.optional(DeviceNameSchema),
});

const Seconds = v.pipe(v.number(), v.finite(), v.minValue(0));
const SaidSchema = v.object({ start: Seconds, end: Seconds, text: v.string() });

/**
 * The result of an `audio_stt` task. `duration` in seconds; `segments` is how many there are, not a list of them. The last
 * three are our extension: what was said when, and what computed it.
 */
export const TranscriptSchema = v.object({
  text: v.string(),
  language: v.string(),
  duration: Seconds,
  segments: v.optional(Count),
  segment_list: v.optional(v.array(SaidSchema)),
  words: v.optional(v.array(SaidSchema)),
  [RAN_ON]: v.optional(DeviceNameSchema),
});

export type ChatCompletion = v.InferOutput<typeof ChatCompletionSchema>;
export type Transcript = v.InferOutput<typeof TranscriptSchema>;

/** Reads a result of an engine as a chat completion. */
export const readChatCompletion = (value: unknown): Read<ChatCompletion> => read(ChatCompletionSchema, value);

/** Reads a result of an engine as a transcript. */
export const readTranscript = (value: unknown): Read<Transcript> => read(TranscriptSchema, value);

function read<Value>(schema: v.GenericSchema<unknown, Value>, value: unknown): Read<Value> {
  const parsed = v.safeParse(schema, value);
  return parsed.success
    ? { is: 'read', value: parsed.output }
    : { is: 'unreadable', problem: describeIssues(parsed.issues) };
}

const RanOnSchema = v.object({ [RAN_ON]: DeviceNameSchema });

/** What a result of any kind was computed on, where it says so. */
export function ranOnOf(value: unknown): string | undefined {
  const parsed = v.safeParse(RanOnSchema, value);
  return parsed.success ? parsed.output[RAN_ON] : undefined;
}
