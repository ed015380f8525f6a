import { WorkerError } from '../../base/errors.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { TaskResult } from '../../engines/result.ts';
import { type EmbeddingRequest, type Embeddings, tokensIn, vectorsIn } from '../contract/openai/embeddings.ts';
import { ApiFailure } from '../http/reply.ts';
import { jsonOf } from './ask.ts';

type LocalAsk = NonNullable<TaskOf<'llm'>['local']>;

/** What is asked of a model beside chats, as a task. Its text is what a history shows. */
export const localTaskOf = (local: LocalAsk, text: string): TaskOf<'llm'> => ({
  kind: 'llm',
  messages: [{ role: 'user', content: text }],
  maxTokens: 0,
  temperature: 0,
  local,
});

export const textsOf = ({ input }: EmbeddingRequest): readonly string[] =>
  typeof input === 'string' ? [input] : input;

/**
 * The answer to a request, its vectors of length 1 as that API's are.
 *
 * @throws ApiFailure 400 for vectors of another size | WorkerError `engine.failed`
 */
export function embeddingsOf(request: EmbeddingRequest, model: string, result: TaskResult): Embeddings {
  const found = vectorsIn(jsonOf(result));
  if (found === undefined || found.vectors.length !== textsOf(request).length) {
    throw new WorkerError('engine.failed', 'the engine returned no vector for each text');
  }
  const { vectors, tokens } = found;
  const size = vectors[0]?.length ?? 0;
  const { dimensions } = request;
  if (typeof dimensions === 'number' && dimensions !== size) {
    throw new ApiFailure(
      400,
      'bad_request',
      `dimensions: vectors of ${model} have ${size}, and cannot have ${dimensions}`,
    );
  }
  const encoded = request.encoding_format === 'base64' ? base64Of : (vector: readonly number[]) => [...vector];
  return {
    object: 'list',
    model,
    data: vectors.map((vector, index) => ({ object: 'embedding', index, embedding: encoded(ofLengthOne(vector)) })),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** @throws WorkerError `engine.failed` */
export function tokensOf(result: TaskResult): readonly number[] {
  const tokens = tokensIn(jsonOf(result));
  if (tokens === undefined) throw new WorkerError('engine.failed', 'the engine returned no tokens');
  return tokens;
}

function ofLengthOne(vector: readonly number[]): readonly number[] {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((value) => value / length);
}

function base64Of(vector: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(4 * vector.length));
  for (const [at, value] of vector.entries()) view.setFloat32(4 * at, value, true);
  return new Uint8Array(view.buffer).toBase64();
}
