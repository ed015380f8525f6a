import * as v from 'valibot';

/** Embeddings as OpenAI's API has them (its reference, `POST /v1/embeddings`). */

/** As many as that API takes at once. */
const MAX_INPUTS = 2048;

const Text = v.pipe(v.string(), v.minLength(1));

export const EmbeddingRequestSchema = v.object({
  /** The one model for texts that is in memory, or that there is, when left out. */
  model: v.optional(v.string(), ''),
  /** One text, or several. Tokens are not taken: their numbers differ from model to model. */
  input: v.union([Text, v.pipe(v.array(Text), v.minLength(1), v.maxLength(MAX_INPUTS))]),
  /** `base64`: little-endian floats of four bytes. */
  encoding_format: v.nullish(v.picklist(['float', 'base64'])),
  /** Taken where it is what the model's vectors have anyway. */
  dimensions: v.nullish(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
});
export type EmbeddingRequest = v.InferOutput<typeof EmbeddingRequestSchema>;

export const EmbeddingsSchema = v.object({
  object: v.literal('list'),
  model: v.string(),
  data: v.array(
    v.object({
      object: v.literal('embedding'),
      index: v.number(),
      embedding: v.union([v.array(v.number()), v.string()]),
    }),
  ),
  usage: v.object({ prompt_tokens: v.number(), total_tokens: v.number() }),
});
export type Embeddings = v.InferOutput<typeof EmbeddingsSchema>;

const VectorsSchema = v.object({ vectors: v.array(v.array(v.number())), tokens: v.number() });
/** The vectors that an engine returned; undefined for anything else. */
export function vectorsIn(value: unknown): v.InferOutput<typeof VectorsSchema> | undefined {
  const read = v.safeParse(VectorsSchema, value);
  return read.success ? read.output : undefined;
}

export const TokenizeRequestSchema = v.object({
  content: v.string(),
  model: v.optional(v.string(), ''),
  /** With what the model has before and behind a text. */
  add_special: v.nullish(v.boolean()),
});
export const TokensSchema = v.object({ tokens: v.array(v.number()) });
/** The tokens that an engine returned; undefined for anything else. */
export function tokensIn(value: unknown): readonly number[] | undefined {
  const read = v.safeParse(TokensSchema, value);
  return read.success ? read.output.tokens : undefined;
}
