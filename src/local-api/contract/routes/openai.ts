import * as v from 'valibot';
import { MIB } from '../../../base/units.ts';
import { ChatCompletionSchema, ChatRequestSchema } from '../openai/chat.ts';
import { json, type Route } from '../route.ts';

/** Messages with pictures in them. */
const MAX_CHAT_BYTES = 64 * MIB;

const OpenAiModelSchema = v.object({
  id: v.string(),
  object: v.literal('model'),
  /** Seconds since the epoch. */
  created: v.number(),
  owned_by: v.string(),
});

/** What may come of a job that a program asks for. */
const JOB_ERRORS = {
  400: ['bad_request', 'unknown_model', 'wrong_model', 'model_disabled', 'task_invalid'],
  409: ['insufficient_memory', 'not_possible'],
  500: ['engine_failed'],
  503: ['busy', 'engine_unavailable'],
  504: ['deadline_exceeded'],
} as const;

/** Routes that clients of OpenAI's API speak. Their errors have its shape. */
export const OPENAI_ROUTES = {
  openAiModels: {
    method: 'GET',
    path: '/v1/models',
    access: 'page',
    summary: 'The models that may be named in the other routes of this shape.',
    answer: json(v.object({ object: v.literal('list'), data: v.array(OpenAiModelSchema) })),
  },
  chatCompletions: {
    method: 'POST',
    path: '/v1/chat/completions',
    access: 'page',
    summary: 'Answer a chat, whole or as server-sent events while it is written.',
    maxBodyBytes: MAX_CHAT_BYTES,
    request: ChatRequestSchema,
    answer: json(ChatCompletionSchema),
    errors: JOB_ERRORS,
  },
} as const satisfies Readonly<Record<string, Route>>;
