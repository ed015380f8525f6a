import type * as nodeLlama from 'node-llama-cpp';
import { availableParallelism } from 'node:os';
import { errorChain } from '../../../base/errors.ts';
import { outOfMemory, runFailure } from '../../failures.ts';
import { threadsFor } from '../threads.ts';

/** The library, and a model that it has loaded. */
interface Loaded {
  readonly runtime: typeof nodeLlama;
  readonly llama: nodeLlama.Llama;
  readonly model: nodeLlama.LlamaModel;
}

/** What stands around a text whose vector is asked for, by the kind of its vocabulary, as llama.cpp has it. */
export function withEnds(tokens: readonly number[], { runtime, model }: Omit<Loaded, 'llama'>): readonly number[] {
  const { bos, eos, sep, shouldPrependBosToken, shouldAppendEosToken } = model.tokens;
  const { wpm, ugm, rwkv } = runtime.LlamaVocabularyType;
  const kind = model.vocabularyType;
  const byFlags = kind !== wpm && kind !== ugm && kind !== rwkv;
  const first = kind === wpm || (byFlags && shouldPrependBosToken) ? bos : null;
  const last = kind === wpm ? sep : kind === ugm || (byFlags && shouldAppendEosToken) ? eos : null;
  return [
    ...(first === null || tokens[0] === Number(first) ? [] : [Number(first)]),
    ...tokens,
    ...(last === null || tokens.at(-1) === Number(last) ? [] : [Number(last)]),
  ];
}

/** A model that reads a whole text at once needs memory by the square of its length. */
const MAX_EMBEDDED_TOKENS = 2048;
/** The library wants one place more than the text takes. */
export const maxEmbedded = ({ trainContextSize }: nodeLlama.LlamaModel): number =>
  Math.min(MAX_EMBEDDED_TOKENS, trainContextSize || Infinity) - 1;

/**
 * A vector for each text, given as its tokens with their ends. In a context of its own, which is gone afterwards: a chat is
 * not counted with the memory of both.
 *
 * @throws WorkerError `engine.failed` | `engine.out-of-memory`; the signal's reason
 */
export async function embed(
  texts: readonly (readonly number[])[],
  { model, llama, runtime, signal }: Loaded & { readonly signal: AbortSignal },
): Promise<readonly (readonly number[])[]> {
  const contextSize = maxEmbedded(model) + 1;
  const vectors: (readonly number[])[] = [];
  try {
    const context = await model.createEmbeddingContext({
      contextSize,
      batchSize: contextSize,
      threads: threadsFor(llama.cpuMathCores, availableParallelism()),
      createSignal: signal,
    });
    try {
      for (const tokens of texts) {
        signal.throwIfAborted();
        vectors.push((await context.getEmbeddingFor(tokens.map((token) => token as nodeLlama.Token))).vector);
      }
    } finally {
      await context.dispose();
    }
  } catch (thrown) {
    signal.throwIfAborted();
    const reported = { text: errorChain(thrown), cause: thrown };
    throw thrown instanceof runtime.InsufficientMemoryError ? outOfMemory(reported) : runFailure(reported);
  }
  return vectors;
}
