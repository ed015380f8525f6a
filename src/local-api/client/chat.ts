import { WorkerError } from '../../base/errors.ts';
import { readChatChunk } from '../contract/openai/chunks.ts';
import type { ApiClient } from './client.ts';

export interface ChatRequest {
  /** Its id in the catalogue. */
  readonly model: string;
  readonly turns: readonly { readonly role: 'system' | 'user' | 'assistant'; readonly content: string }[];
  readonly maxTokens: number;
  /** The model's own where undefined. */
  readonly temperature: number | undefined;
}

interface Answering {
  /** Text as it is written; it is never taken back. */
  readonly onText: (text: string) => void;
  readonly signal: AbortSignal;
}

/** An answer that has ended, and why: `length` when it was cut at the most tokens. */
interface Answer {
  readonly text: string;
  readonly finish: string;
}

const ENDED = new WorkerError('worker.unresponsive', 'the worker ended within the answer', {
  hint: 'Read its log; start it again, or chat without it.',
});

/**
 * Has the running worker answer the last message of a chat.
 *
 * @throws WorkerError `engine.failed` | `worker.unresponsive` | as `ApiClient.call`; rejects with the signal's reason
 */
export async function answerInWorker(
  api: Pick<ApiClient, 'events'>,
  request: ChatRequest,
  { onText, signal }: Answering,
): Promise<Answer> {
  let text = '';
  let finish: string | undefined;
  for await (const { data } of api.events('chatCompletions', { body: bodyOf(request), signal })) {
    const chunk = readChatChunk(data);
    if (chunk.is === 'failed') throw new WorkerError('engine.failed', chunk.message);
    if (chunk.is === 'ended') break;
    finish = chunk.finish ?? finish;
    if (chunk.text === '') continue;
    text += chunk.text;
    onText(chunk.text);
  }
  signal.throwIfAborted();
  if (finish === undefined) throw ENDED;
  return { text, finish };
}

const bodyOf = ({ model, turns, maxTokens, temperature }: ChatRequest) => ({
  model,
  messages: turns.map(({ role, content }) => ({ role, content })),
  stream: true,
  max_completion_tokens: maxTokens,
  ...(temperature === undefined ? {} : { temperature }),
});
