import type { CatalogueEntry } from '../../../contract/catalogue.ts';
import type { ResponseRequest } from '../../contract/openai/responses.ts';
import { answer, type AnswerDeps } from '../answer.ts';
import { chatTaskOf } from '../chat-task.ts';
import { chatOf } from './chat-of.ts';
import { responseShape } from './shape.ts';

/**
 * Answers a request for a response.
 *
 * @throws ApiFailure | WorkerError
 */
export async function answerResponse(
  request: ResponseRequest,
  { entry, signal }: { readonly entry: CatalogueEntry; readonly signal: AbortSignal },
  deps: AnswerDeps,
): Promise<Response> {
  const chat = chatOf(request);
  return await answer(
    {
      entry,
      signal,
      task: chatTaskOf(chat),
      stream: request.stream === true,
      deadlineMs: undefined,
      shape: responseShape(request, chat),
    },
    deps,
  );
}
