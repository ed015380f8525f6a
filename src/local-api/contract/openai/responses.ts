import * as v from 'valibot';
import { U32 } from '../../../contract/numbers.ts';
import { FUNCTION_FIELDS, MAX_TOOLS, ONLY_FUNCTIONS } from './chat.ts';

/*
 * Responses as OpenAI's API has them (its reference, `POST /v1/responses`), for texts and calls of functions. Nothing is kept here, so each request
 * brings all that was said. Fields that change nothing here are passed over.
 */

const TextPart = v.object({ type: v.picklist(['input_text', 'output_text']), text: v.string() });
const ImagePart = v.object({ type: v.literal('input_image'), image_url: v.string() });

const ContentSchema = v.union([v.string(), v.array(v.variant('type', [TextPart, ImagePart]))]);

/** What a model asked to be called, as a client gives it back with what came of it. `arguments` is JSON. */
const CallSchema = v.object({
  type: v.literal('function_call'),
  call_id: v.string(),
  name: v.string(),
  arguments: v.string(),
});
const CallOutputSchema = v.object({
  type: v.literal('function_call_output'),
  call_id: v.string(),
  output: ContentSchema,
});
const MessageSchema = v.object({
  type: v.optional(
    v.literal('message', 'only messages, calls of functions and their outputs can be answered'),
    'message',
  ),
  role: v.picklist(['system', 'developer', 'user', 'assistant']),
  content: ContentSchema,
});
const ItemSchema = v.variant('type', [CallSchema, CallOutputSchema, MessageSchema]);
export type ResponseItem = v.InferOutput<typeof ItemSchema>;

const FormatSchema = v.variant('type', [
  v.object({ type: v.literal('text') }),
  v.object({ type: v.literal('json_object') }),
  v.object({ type: v.literal('json_schema'), schema: v.record(v.string(), v.unknown()) }),
]);

const ToolSchema = v.object({
  type: v.literal('function', ONLY_FUNCTIONS),
  ...FUNCTION_FIELDS,
  strict: v.nullish(v.boolean()),
});
const ToolChoiceSchema = v.union([
  v.picklist(['none', 'auto', 'required']),
  v.object({ type: v.literal('function'), name: v.string() }),
]);

const absent = (why: string) =>
  v.nullish(
    v.pipe(
      v.unknown(),
      v.check((value) => value === null, why),
    ),
  );

export const ResponseRequestSchema = v.object({
  /** The one model of the kind that is in memory, or that there is, when left out. */
  model: v.optional(v.string(), ''),
  input: v.union([v.string(), v.pipe(v.array(ItemSchema), v.minLength(1))]),
  instructions: v.nullish(v.string()),
  max_output_tokens: v.nullish(v.pipe(U32, v.minValue(1))),
  temperature: v.nullish(v.pipe(v.number(), v.minValue(0), v.maxValue(2))),
  top_p: v.nullish(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  text: v.nullish(v.object({ format: v.nullish(FormatSchema) })),
  stream: v.nullish(v.boolean()),
  tools: v.nullish(v.pipe(v.array(ToolSchema), v.maxLength(MAX_TOOLS))),
  tool_choice: v.nullish(ToolChoiceSchema),
  parallel_tool_calls: v.nullish(v.boolean()),
  background: v.nullish(v.literal(false, 'an answer is made while its request waits')),
  previous_response_id: absent('nothing is kept of an earlier answer: send all that was said'),
  conversation: absent('nothing is kept of a conversation: send all that was said'),
});
export type ResponseRequest = v.InferOutput<typeof ResponseRequestSchema>;

export const ResponseSchema = v.looseObject({
  id: v.string(),
  object: v.literal('response'),
  /** Seconds since the epoch. */
  created_at: v.number(),
  status: v.picklist(['completed', 'incomplete', 'in_progress', 'failed']),
  model: v.string(),
  output: v.array(
    v.variant('type', [
      v.object({
        id: v.string(),
        type: v.literal('message'),
        role: v.literal('assistant'),
        status: v.string(),
        content: v.array(
          v.object({ type: v.literal('output_text'), text: v.string(), annotations: v.array(v.unknown()) }),
        ),
      }),
      v.object({ id: v.string(), status: v.string(), ...CallSchema.entries }),
    ]),
  ),
});
