import type { CatalogueEntry } from '../../contract/catalogue.ts';
import type { ChatRequest } from '../contract/openai/chat.ts';
import type { ResponseItem, ResponseRequest } from '../contract/openai/responses.ts';
import type { SseEvent } from '../http/sse.ts';
import { answer, type AnswerDeps } from './answer.ts';
import type { ChatReply } from './chat-result.ts';
import { chatTaskOf } from './chat-task.ts';
import type { ReplyHead, ReplyShape, StreamError } from './shape.ts';

/**
 * Answers a request for a response.
 *
 * @throws ApiFailure | WorkerError
 */
export const answerResponse = async (
  request: ResponseRequest,
  { entry, signal }: { readonly entry: CatalogueEntry; readonly signal: AbortSignal },
  deps: AnswerDeps,
): Promise<Response> =>
  await answer(
    {
      entry,
      signal,
      task: chatTaskOf(chatOf(request)),
      stream: request.stream === true,
      deadlineMs: undefined,
      shape: responseShape(request),
    },
    deps,
  );

/** Which chat it asks for. */
function chatOf(request: ResponseRequest): ChatRequest {
  const { model, input, instructions, max_output_tokens: maxTokens, temperature, top_p: topP, text } = request;
  const items: readonly ResponseItem[] =
    typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : input;
  const before = typeof instructions === 'string' ? [{ role: 'system' as const, content: instructions }] : [];
  const format = text?.format;
  return {
    model,
    messages: [...before, ...items.map(({ role, content }) => ({ role, content: partsOf(content) }))],
    max_completion_tokens: maxTokens,
    temperature,
    top_p: topP,
    response_format:
      format?.type === 'json_schema' ? { type: 'json_schema', json_schema: { schema: format.schema } } : format,
  };
}

const partsOf = (content: ResponseItem['content']): ChatRequest['messages'][number]['content'] =>
  typeof content === 'string'
    ? content
    : content.map((part) =>
        part.type === 'input_image'
          ? { type: 'image_url' as const, image_url: { url: part.image_url } }
          : { type: 'text' as const, text: part.text },
      );

/** A response, whole or as the events of its making, which are counted. */
function responseShape(request: ResponseRequest): ReplyShape {
  let count = 0;
  const event = (type: string, more: object): SseEvent => ({
    event: type,
    data: { type, ...more, sequence_number: count++ },
  });
  const aboutText = (head: ReplyHead) => ({ item_id: messageId(head), output_index: 0, content_index: 0 });
  const running = (head: ReplyHead) => responseOf(head, request, { status: 'in_progress', output: [] });
  return {
    tellable: (written) => written,
    textOf: ({ message }) => message.content,
    whole: (head, reply) => wholeOf(head, request, reply),
    begun: (head) => [
      event('response.created', { response: running(head) }),
      event('response.in_progress', { response: running(head) }),
      event('response.output_item.added', {
        output_index: 0,
        item: { ...messageOf(head, 'in_progress', ''), content: [] },
      }),
      event('response.content_part.added', { ...aboutText(head), part: partOf('') }),
    ],
    piece: (head, delta) => event('response.output_text.delta', { ...aboutText(head), delta, logprobs: [] }),
    ended(head, reply) {
      const text = reply.message.content;
      return [
        event('response.output_text.done', { ...aboutText(head), text, logprobs: [] }),
        event('response.content_part.done', { ...aboutText(head), part: partOf(text) }),
        event('response.output_item.done', { output_index: 0, item: messageOf(head, statusOf(reply), text) }),
        event(`response.${statusOf(reply)}`, { response: wholeOf(head, request, reply) }),
      ];
    },
    failed: (head, error) => event('response.failed', { response: failedOf(head, request, error) }),
  };
}

const statusOf = ({ finish }: ChatReply): 'completed' | 'incomplete' =>
  finish === 'length' ? 'incomplete' : 'completed';

const failedOf = (head: ReplyHead, request: ResponseRequest, { code, message }: StreamError) =>
  responseOf(head, request, { status: 'failed', output: [], error: { code, message } });

function wholeOf(head: ReplyHead, request: ResponseRequest, reply: ChatReply) {
  const { prompt_tokens: input, completion_tokens: output, total_tokens: total } = reply.usage;
  const status = statusOf(reply);
  return responseOf(head, request, {
    status,
    output: [messageOf(head, status, reply.message.content)],
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: total,
    },
  });
}

const responseOf = ({ jobId, created, model }: ReplyHead, request: ResponseRequest, about: object) => ({
  id: `resp_${jobId}`,
  object: 'response',
  created_at: created,
  model,
  error: null,
  incomplete_details: null,
  instructions: request.instructions ?? null,
  max_output_tokens: request.max_output_tokens ?? null,
  metadata: {},
  parallel_tool_calls: false,
  temperature: request.temperature ?? null,
  tool_choice: 'none',
  tools: [],
  top_p: request.top_p ?? null,
  ...about,
});

const messageId = ({ jobId }: ReplyHead): string => `msg_${jobId}`;

const messageOf = (head: ReplyHead, status: string, text: string) => ({
  id: messageId(head),
  type: 'message',
  role: 'assistant',
  status,
  content: [partOf(text)],
});

const partOf = (text: string) => ({ type: 'output_text', text, annotations: [] });
