import * as v from 'valibot';
import { MIB } from '../../../base/units.ts';
import { ChatCompletionSchema, ChatRequestSchema } from '../openai/chat.ts';
import { EmbeddingRequestSchema, EmbeddingsSchema } from '../openai/embeddings.ts';
import { ImageRequestSchema, ImagesSchema, SpeechRequestSchema } from '../openai/media.ts';
import { ResponseRequestSchema, ResponseSchema } from '../openai/responses.ts';
import { json, MAX_BODY_BYTES, type Route } from '../route.ts';
import { JOB_ERRORS } from './job-errors.ts';

/** Messages with pictures in them. */
const MAX_CHAT_BYTES = 64 * MIB;
/** Thousands of texts. */
const MAX_EMBEDDED_BYTES = 32 * MIB;
/** Images and recordings. */
const MAX_FORM_BYTES = 64 * MIB;

const OpenAiModelSchema = v.object({
  id: v.string(),
  object: v.literal('model'),
  /** Seconds since the epoch. */
  created: v.number(),
  owned_by: v.string(),
});

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
    errors: { ...JOB_ERRORS, 504: ['deadline_exceeded'] },
  },
  responses: {
    method: 'POST',
    path: '/v1/responses',
    access: 'page',
    summary: 'Answer a text or a chat, whole or as server-sent events while it is written.',
    maxBodyBytes: MAX_CHAT_BYTES,
    request: ResponseRequestSchema,
    answer: json(ResponseSchema),
    errors: JOB_ERRORS,
  },
  embeddings: {
    method: 'POST',
    path: '/v1/embeddings',
    access: 'page',
    summary: 'A unit-length (normalised) embedding vector for each text.',
    maxBodyBytes: MAX_EMBEDDED_BYTES,
    request: EmbeddingRequestSchema,
    answer: json(EmbeddingsSchema),
    errors: JOB_ERRORS,
  },
  imageGenerations: {
    method: 'POST',
    path: '/v1/images/generations',
    access: 'page',
    summary: 'Make images from a prompt.',
    maxBodyBytes: MAX_BODY_BYTES,
    request: ImageRequestSchema,
    answer: json(ImagesSchema),
    errors: JOB_ERRORS,
  },
  imageEdits: {
    method: 'POST',
    path: '/v1/images/edits',
    access: 'page',
    summary: 'Change an image, all of it or where a mask is transparent; a form with `image` and `mask`.',
    maxBodyBytes: MAX_FORM_BYTES,
    answer: json(ImagesSchema),
    errors: { ...JOB_ERRORS, 415: ['unsupported_media_type'] },
  },
  audioSpeech: {
    method: 'POST',
    path: '/v1/audio/speech',
    access: 'page',
    summary: 'Speak a text.',
    maxBodyBytes: MAX_BODY_BYTES,
    request: SpeechRequestSchema,
    answer: { is: 'bytes', type: 'audio/*' },
    errors: JOB_ERRORS,
  },
  audioTranscriptions: {
    method: 'POST',
    path: '/v1/audio/transcriptions',
    access: 'page',
    summary: 'Write down what a recording says; a form with `file`.',
    maxBodyBytes: MAX_FORM_BYTES,
    answer: json(v.looseObject({ text: v.string() })),
    errors: { ...JOB_ERRORS, 415: ['unsupported_media_type'] },
  },
} as const satisfies Readonly<Record<string, Route>>;
