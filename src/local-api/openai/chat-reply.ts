import type { ChatRequest, Tool, ToolCall } from '../contract/openai/chat.ts';
import type { SseEvent } from '../http/sse.ts';
import type { ChatReply } from './chat-result.ts';
import type { ReplyHead, ReplyShape } from './shape.ts';
import { callableIn } from './tools/ask.ts';
import { contentSoFar, readCalls } from './tools/calls.ts';

/** An answer as a chat completion, whole or in chunks. */
export function chatShape(request: ChatRequest): ReplyShape {
  const tools = callableIn(request);
  const withUsage = request.stream_options?.include_usage === true;
  return {
    tellable: tools.length === 0 ? (written) => written : contentSoFar,
    textOf: (reply) => readCalls(reply.message.content, tools).content,
    whole(head, reply) {
      const { content, calls, finish } = answerOf(head, reply, tools);
      const message = { role: 'assistant', ...reply.message, content, ...(calls.length > 0 && { tool_calls: calls }) };
      return {
        ...withObject(head, 'chat.completion'),
        choices: [{ index: 0, message, finish_reason: finish }],
        usage: reply.usage,
      };
    },
    begun: (head) => [chunk(head, { role: 'assistant', content: '' })],
    piece: (head, content) => [chunk(head, { content })],
    ended: (head, reply) => endOf(head, reply, { tools, withUsage }),
    failed: (_head, error) => ({ data: { error } }),
  };
}

/** The last chunk counts the tokens; one more does where the client asked for that. */
function endOf(
  head: ReplyHead,
  reply: ChatReply,
  { tools, withUsage }: { readonly tools: readonly Tool[]; readonly withUsage: boolean },
): readonly SseEvent[] {
  const { calls, finish } = answerOf(head, reply, tools);
  const { usage } = reply;
  const last = { ...withObject(head, CHUNK), choices: [{ index: 0, delta: {}, finish_reason: finish }], usage };
  return [
    ...(calls.length > 0
      ? [chunk(head, { tool_calls: calls.map((call, index) => Object.assign({ index }, call)) })]
      : []),
    { data: last },
    ...(withUsage ? [{ data: { ...withObject(head, CHUNK), choices: [], usage } }] : []),
    { text: '[DONE]' },
  ];
}

interface Answer {
  /** Null where it is nothing but calls. */
  readonly content: string | null;
  readonly calls: readonly ToolCall[];
  readonly finish: string;
}

function answerOf({ jobId }: ReplyHead, { message, finish }: ChatReply, tools: readonly Tool[]): Answer {
  const { content, calls } = readCalls(message.content, tools);
  if (calls.length === 0) return { content, calls: [], finish };
  return {
    content: content === '' ? null : content,
    calls: calls.map((call, at) => ({ id: `call_${jobId}_${at}`, type: 'function', function: { ...call } })),
    finish: 'tool_calls',
  };
}

const CHUNK = 'chat.completion.chunk';

const chunk = (head: ReplyHead, delta: Readonly<Record<string, unknown>>): SseEvent => ({
  data: { ...withObject(head, CHUNK), choices: [{ index: 0, delta, finish_reason: null }] },
});

const withObject = ({ jobId, created, model }: ReplyHead, object: string) => ({
  id: `chatcmpl-${jobId}`,
  object,
  created,
  model,
});
