import type { CatalogueEntry } from '../../contract/catalogue.ts';
import type { ChatRequest } from '../contract/openai/chat.ts';
import { answer, type AnswerDeps } from './answer.ts';
import { chatShape } from './chat-reply.ts';
import { chatTaskOf } from './chat-task.ts';

/**
 * Answers a chat completion.
 *
 * @throws ApiFailure | WorkerError
 */
export const answerChat = async (
  request: ChatRequest,
  { entry, signal }: { readonly entry: CatalogueEntry; readonly signal: AbortSignal },
  deps: AnswerDeps,
): Promise<Response> =>
  await answer(
    {
      entry,
      signal,
      task: chatTaskOf(request),
      stream: request.stream === true,
      deadlineMs: request.deadline_ms ?? undefined,
      shape: chatShape(request),
    },
    deps,
  );
