import * as v from 'valibot';
import { isInlineImage } from '../../../base/media/data-url.ts';
import { MIB } from '../../../base/units.ts';
import { Decimal, U32, U64 } from '../../../contract/numbers.ts';
import { TokenizeRequestSchema, TokensSchema } from '../openai/embeddings.ts';
import { json, MAX_BODY_BYTES, type Route } from '../route.ts';
import { JOB_ERRORS } from './job-errors.ts';

/* One task, and its result as the answer (studio contract, local API). */

/** Pictures in base64 among them. */
const MAX_MEDIA_BYTES = 64 * MIB;

const Model = v.optional(v.string(), '');
const Prompt = v.pipe(v.string(), v.minLength(1));
/** `data:image/<type>;base64,…`: nothing is fetched for a program of this machine. */
const InlineImage = v.exactOptional(v.pipe(v.string(), v.check(isInlineImage, 'is no data:image/…;base64 URL')));

const ImageBodySchema = v.object({
  prompt: Prompt,
  model: Model,
  negativePrompt: v.exactOptional(v.string()),
  width: v.exactOptional(U32),
  height: v.exactOptional(U32),
  steps: v.optional(U32, 20),
  seed: v.exactOptional(U64),
  ext: v.optional(v.string(), 'webp'),
  initImageUrl: InlineImage,
  refImageUrl: InlineImage,
  maskUrl: InlineImage,
  denoise: v.exactOptional(Decimal),
});

const SpeechBodySchema = v.object({
  text: Prompt,
  model: Model,
  voice: v.optional(v.string(), 'default'),
  speed: v.exactOptional(Decimal),
  language: v.exactOptional(v.string()),
  ext: v.optional(v.string(), 'wav'),
});

const TranscriptionBodySchema = v.object({
  inputUrl: v.pipe(v.string(), v.minLength(1)),
  model: Model,
  language: v.exactOptional(v.string()),
});

const VideoBodySchema = v.object({
  prompt: Prompt,
  model: Model,
  negativePrompt: v.exactOptional(v.string()),
  seconds: v.optional(Decimal, 2),
  width: v.optional(U32, 256),
  height: v.optional(U32, 256),
  ext: v.optional(v.string(), 'mp4'),
});

const shared = { method: 'POST', access: 'page', maxBodyBytes: MAX_BODY_BYTES, errors: JOB_ERRORS } as const;

export const ONE_OFF_ROUTES = {
  makeImage: {
    ...shared,
    path: '/image',
    summary: 'Make one image.',
    maxBodyBytes: MAX_MEDIA_BYTES,
    request: ImageBodySchema,
    answer: { is: 'bytes', type: 'image/*' },
  },
  makeSpeech: {
    ...shared,
    path: '/tts',
    summary: 'Speak a text.',
    request: SpeechBodySchema,
    answer: { is: 'bytes', type: 'audio/*' },
  },
  makeTranscript: {
    ...shared,
    path: '/stt',
    summary: 'Write down what a recording says.',
    maxBodyBytes: MAX_MEDIA_BYTES,
    request: TranscriptionBodySchema,
    answer: json(v.looseObject({ text: v.string() })),
  },
  makeVideo: {
    ...shared,
    path: '/video',
    summary: 'Make one clip.',
    request: VideoBodySchema,
    answer: { is: 'bytes', type: 'video/*' },
  },
  makeMesh: {
    ...shared,
    path: '/mesh',
    summary: 'Make a 3D model from a picture: the body itself, or `image` in a form or in JSON.',
    maxBodyBytes: MAX_MEDIA_BYTES,
    answer: { is: 'bytes', type: 'model/gltf-binary' },
    errors: { ...JOB_ERRORS, 413: ['picture_too_large'], 415: ['unsupported_media_type'] },
  },
  tokenize: {
    ...shared,
    path: '/tokenize',
    summary: 'The tokens of a text, by a chat model that is in memory.',
    request: TokenizeRequestSchema,
    answer: json(TokensSchema),
    errors: { ...JOB_ERRORS, 409: ['model_not_loaded'] },
  },
} as const satisfies Readonly<Record<string, Route>>;
