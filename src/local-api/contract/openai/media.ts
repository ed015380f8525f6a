import * as v from 'valibot';
import { Decimal, U32 } from '../../../contract/numbers.ts';
import { readJson } from '../../../contract/read.ts';

/* Images and audio as OpenAI's API has them (its reference). Fields that change nothing here are passed over. */

/** `1024x768`; `auto` is the model's own. */
const SizeSchema = v.pipe(v.string(), v.regex(/^(?:auto|[1-9]\d{0,4}x[1-9]\d{0,4})$/, 'is no size such as 512x512'));
const CountSchema = v.pipe(U32, v.minValue(1), v.maxValue(10));
/** `url`: a `data:` URL, since nothing is kept here. */
const ImageFormSchema = v.picklist(['b64_json', 'url']);
const ImageFormatSchema = v.picklist(['png', 'webp', 'jpeg']);

const ImageFields = {
  prompt: v.pipe(v.string(), v.minLength(1)),
  model: v.optional(v.string(), ''),
  size: v.nullish(SizeSchema),
  n: v.nullish(CountSchema),
  response_format: v.nullish(ImageFormSchema),
  output_format: v.nullish(ImageFormatSchema),
};

export const ImageRequestSchema = v.object({
  ...ImageFields,
  /** Ours: as the tasks of a studio have them. */
  negative_prompt: v.nullish(v.string()),
  steps: v.nullish(U32),
  seed: v.nullish(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
});
export type ImageRequest = v.InferOutput<typeof ImageRequestSchema>;

/** A form has texts only. */
const NumberText = v.pipe(v.string(), v.toNumber());
const ImageEditFieldsSchema = v.object({
  ...ImageFields,
  n: v.exactOptional(v.pipe(NumberText, CountSchema)),
  size: v.exactOptional(SizeSchema),
  response_format: v.exactOptional(ImageFormSchema),
  output_format: v.exactOptional(ImageFormatSchema),
});

/** The texts of the form of an edit. */
export const readEditFields = (text: string) => readJson(ImageEditFieldsSchema, text);

export const ImagesSchema = v.object({
  /** Seconds since the epoch. */
  created: v.number(),
  data: v.array(v.object({ b64_json: v.exactOptional(v.string()), url: v.exactOptional(v.string()) })),
});

export const SpeechRequestSchema = v.object({
  model: v.optional(v.string(), ''),
  input: v.pipe(v.string(), v.minLength(1)),
  voice: v.optional(v.string(), 'default'),
  speed: v.nullish(Decimal),
  response_format: v.optional(v.picklist(['mp3', 'opus', 'flac', 'wav']), 'mp3'),
});
export type SpeechRequest = v.InferOutput<typeof SpeechRequestSchema>;

const TRANSCRIPT_FORMATS = ['json', 'text', 'srt', 'verbose_json', 'vtt'] as const;
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number];

const TranscriptionFieldsSchema = v.object({
  model: v.optional(v.string(), ''),
  language: v.exactOptional(v.string()),
  prompt: v.exactOptional(v.string()),
  response_format: v.optional(v.picklist(TRANSCRIPT_FORMATS), 'json'),
  'timestamp_granularities[]': v.exactOptional(v.picklist(['word', 'segment'])),
});

/** The texts of the form of a transcription. */
export const readTranscriptionFields = (text: string) => readJson(TranscriptionFieldsSchema, text);

const SpanSchema = v.object({ start: v.number(), end: v.number(), text: v.string() });
/** What every engine for speech returns (studio contract, result of `audio_stt`), as far as it is read here. */
const TranscriptSchema = v.object({
  text: v.string(),
  language: v.optional(v.string(), 'en'),
  duration: v.optional(v.number(), 0),
  segment_list: v.optional(v.array(SpanSchema), []),
  words: v.optional(v.array(SpanSchema), []),
});
export type EngineTranscript = v.InferOutput<typeof TranscriptSchema>;

/** The transcript that an engine returned; undefined for anything else. */
export function transcriptIn(value: unknown): EngineTranscript | undefined {
  const read = v.safeParse(TranscriptSchema, value);
  return read.success ? read.output : undefined;
}
