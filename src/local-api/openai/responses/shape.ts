import type { ChatRequest } from '../../contract/openai/chat.ts';
import type { ResponseRequest } from '../../contract/openai/responses.ts';
import type { SseEvent } from '../../http/sse.ts';
import type { ChatReply } from '../chat-result.ts';
import type { ReplyHead, ReplyShape, StreamError } from '../shape.ts';
import { callableIn } from '../tools/ask.ts';
import { contentSoFar, readCalls } from '../tools/calls.ts';
import { type CallItem, itemsOf, messageId, messageOf, partOf, type ReplyItems, statusOf } from './items.ts';

/** A response to this chat, whole or as the events of its making. */
export function responseShape(request: ResponseRequest, chat: ChatRequest): ReplyShape {
  const tools = callableIn(chat);
  const stream = new EventsOfResponse();
  const running = (head: ReplyHead) => responseOf(head, request, { status: 'in_progress', output: [] });
  const wholeOf = (head: ReplyHead, reply: ChatReply) => endedOf(head, request, reply, itemsOf(head, reply, tools));
  return {
    tellable: tools.length === 0 ? (written) => written : contentSoFar,
    textOf: ({ message }) => readCalls(message.content, tools).content,
    whole: wholeOf,
    begun: (head) => [
      stream.event('response.created', { response: running(head) }),
      stream.event('response.in_progress', { response: running(head) }),
    ],
    piece: (head, delta) => stream.text(head, delta),
    ended: (head, reply) => [
      ...stream.items(head, reply, itemsOf(head, reply, tools)),
      stream.event(`response.${statusOf(reply)}`, { response: wholeOf(head, reply) }),
    ],
    failed: (head, error) => stream.event('response.failed', { response: failedOf(head, request, error) }),
  };
}

/** The events of one response, which are counted. Its message begins with its first text. */
class EventsOfResponse {
  #count = 0;
  #hasMessage = false;

  event(type: string, more: object): SseEvent {
    return { event: type, data: { type, ...more, sequence_number: this.#count++ } };
  }

  text(head: ReplyHead, delta: string): readonly SseEvent[] {
    return [
      ...this.#messageBegun(head),
      this.event('response.output_text.delta', { ...aboutText(head), delta, logprobs: [] }),
    ];
  }

  /** The end of every item. Calls are known only once the answer is whole. */
  items(head: ReplyHead, reply: ChatReply, { text, calls }: ReplyItems): readonly SseEvent[] {
    const first = text === undefined ? 0 : 1;
    return [
      ...(text === undefined ? [] : this.#messageEnded(head, reply, text)),
      ...calls.flatMap((call, at) => this.#call(call, first + at)),
    ];
  }

  #messageBegun(head: ReplyHead): readonly SseEvent[] {
    if (this.#hasMessage) return [];
    this.#hasMessage = true;
    const item = { ...messageOf(head, 'in_progress', ''), content: [] };
    return [
      this.event('response.output_item.added', { output_index: 0, item }),
      this.event('response.content_part.added', { ...aboutText(head), part: partOf('') }),
    ];
  }

  #messageEnded(head: ReplyHead, reply: ChatReply, text: string): readonly SseEvent[] {
    return [
      ...this.#messageBegun(head),
      this.event('response.output_text.done', { ...aboutText(head), text, logprobs: [] }),
      this.event('response.content_part.done', { ...aboutText(head), part: partOf(text) }),
      this.event('response.output_item.done', { output_index: 0, item: messageOf(head, statusOf(reply), text) }),
    ];
  }

  #call(call: CallItem, index: number): readonly SseEvent[] {
    const about = { item_id: call.id, output_index: index };
    const { name, arguments: given } = call;
    const begun = { ...call, status: 'in_progress', arguments: '' };
    return [
      this.event('response.output_item.added', { output_index: index, item: begun }),
      this.event('response.function_call_arguments.delta', { ...about, delta: given }),
      this.event('response.function_call_arguments.done', { ...about, name, arguments: given }),
      this.event('response.output_item.done', { output_index: index, item: call }),
    ];
  }
}

const aboutText = (head: ReplyHead) => ({ item_id: messageId(head), output_index: 0, content_index: 0 });

const failedOf = (head: ReplyHead, request: ResponseRequest, { code, message }: StreamError) =>
  responseOf(head, request, { status: 'failed', output: [], error: { code, message } });

function endedOf(head: ReplyHead, request: ResponseRequest, reply: ChatReply, { text, calls }: ReplyItems) {
  const { prompt_tokens: input, completion_tokens: output, total_tokens: total } = reply.usage;
  const status = statusOf(reply);
  return responseOf(head, request, {
    status,
    output: [...(text === undefined ? [] : [messageOf(head, status, text)]), ...calls],
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
  parallel_tool_calls: true,
  temperature: request.temperature ?? null,
  tool_choice: request.tool_choice ?? 'auto',
  tools: request.tools ?? [],
  top_p: request.top_p ?? null,
  ...about,
});
