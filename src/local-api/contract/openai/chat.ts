import * as v from 'valibot';
import { U32 } from '../../../contract/numbers.ts';

/*
 * Chat completions as OpenAI's API has them (its reference, `POST /v1/chat/completions`), with the additions of the
 * contract: `images`, `chat_template_kwargs`, `deadline_ms`. Fields that change nothing here are passed over.
 */

const TextPartSchema = v.object({ type: v.literal('text'), text: v.string() });
const ImagePartSchema = v.object({ type: v.literal('image_url'), image_url: v.object({ url: v.string() }) });
const PartSchema = v.variant('type', [TextPartSchema, ImagePartSchema]);
export type ContentPart = v.InferOutput<typeof PartSchema>;

const ContentSchema = v.nullable(v.union([v.string(), v.array(PartSchema)]));

/** What a model asked to be called, as a client gives it back with the results. `arguments` is JSON. */
const ToolCallSchema = v.object({
  id: v.string(),
  type: v.literal('function'),
  function: v.object({ name: v.string(), arguments: v.string() }),
});
export type ToolCall = v.InferOutput<typeof ToolCallSchema>;

const MessageSchema = v.object({
  role: v.picklist(['system', 'developer', 'user', 'assistant', 'tool']),
  content: v.optional(ContentSchema, null),
  name: v.nullish(v.string()),
  tool_calls: v.nullish(v.array(ToolCallSchema)),
  tool_call_id: v.nullish(v.string()),
});
export type ChatMessage = v.InferOutput<typeof MessageSchema>;

const FormatSchema = v.variant('type', [
  v.object({ type: v.literal('text') }),
  v.object({ type: v.literal('json_object') }),
  v.object({ type: v.literal('json_schema'), json_schema: v.object({ schema: v.record(v.string(), v.unknown()) }) }),
]);

/** As many as that API takes. */
export const MAX_TOOLS = 128;
export const ONLY_FUNCTIONS = 'only functions can be called';

/** A function that a model may call. */
export const FUNCTION_FIELDS = {
  name: v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/, 'is no name of up to 64 letters, digits, _ and -')),
  description: v.nullish(v.string()),
  /** A JSON schema; of no arguments when left out. */
  parameters: v.nullish(v.record(v.string(), v.unknown())),
} as const;

const ToolSchema = v.object({
  type: v.literal('function', ONLY_FUNCTIONS),
  function: v.object(FUNCTION_FIELDS),
});
export type Tool = v.InferOutput<typeof ToolSchema>;

const ToolChoiceSchema = v.union([
  v.picklist(['none', 'auto', 'required']),
  v.object({ type: v.literal('function'), function: v.object({ name: v.string() }) }),
]);

const Share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

export const ChatRequestSchema = v.object({
  /** The one model of the kind that is in memory, or that there is, when left out. */
  model: v.optional(v.string(), ''),
  messages: v.pipe(v.array(MessageSchema), v.minLength(1)),
  max_tokens: v.nullish(U32),
  max_completion_tokens: v.nullish(U32),
  temperature: v.nullish(v.pipe(v.number(), v.minValue(0), v.maxValue(2))),
  top_p: v.nullish(Share),
  seed: v.nullish(v.pipe(v.number(), v.safeInteger())),
  stop: v.nullish(v.union([v.string(), v.array(v.string())])),
  n: v.nullish(v.literal(1, 'one answer is made for each request')),
  stream: v.nullish(v.boolean()),
  stream_options: v.nullish(v.object({ include_usage: v.nullish(v.boolean()) })),
  response_format: v.nullish(FormatSchema),
  tools: v.nullish(v.pipe(v.array(ToolSchema), v.maxLength(MAX_TOOLS))),
  tool_choice: v.nullish(ToolChoiceSchema),
  parallel_tool_calls: v.nullish(v.boolean()),
  /** Pictures read with the last user message, each `data:image/…;base64,…`. */
  images: v.nullish(v.array(v.string())),
  chat_template_kwargs: v.nullish(v.record(v.string(), v.unknown())),
  /** Answered with 504 after this long, in milliseconds. */
  deadline_ms: v.nullish(v.pipe(U32, v.minValue(1))),
});
export type ChatRequest = v.InferOutput<typeof ChatRequestSchema>;

export const UsageSchema = v.object({
  prompt_tokens: v.number(),
  completion_tokens: v.number(),
  total_tokens: v.number(),
});
export type Usage = v.InferOutput<typeof UsageSchema>;

export const ChatCompletionSchema = v.object({
  id: v.string(),
  object: v.literal('chat.completion'),
  /** Seconds since the epoch. */
  created: v.number(),
  model: v.string(),
  choices: v.array(
    v.object({
      index: v.number(),
      message: v.looseObject({ role: v.literal('assistant'), content: v.nullable(v.string()) }),
      finish_reason: v.string(),
    }),
  ),
  usage: UsageSchema,
});

/** A chat as every engine for chats returns it (studio contract, result of `llm`). */
const ReplySchema = v.object({
  choices: v.tupleWithRest(
    [
      v.object({
        message: v.object({ content: v.string(), reasoning_content: v.exactOptional(v.string()) }),
        finish_reason: v.string(),
      }),
    ],
    v.unknown(),
  ),
  usage: UsageSchema,
});

/** The chat that an engine returned; undefined for anything else. */
export function chatIn(value: unknown): v.InferOutput<typeof ReplySchema> | undefined {
  const read = v.safeParse(ReplySchema, value);
  return read.success ? read.output : undefined;
}
