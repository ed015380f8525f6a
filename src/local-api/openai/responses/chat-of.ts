import type { ChatMessage, ChatRequest } from '../../contract/openai/chat.ts';
import type { ResponseItem, ResponseRequest } from '../../contract/openai/responses.ts';

/** Which chat a request for a response asks for. */
export function chatOf(request: ResponseRequest): ChatRequest {
  const { model, input, instructions, max_output_tokens: maxTokens, temperature, top_p: topP, text } = request;
  const items: readonly ResponseItem[] =
    typeof input === 'string' ? [{ type: 'message', role: 'user', content: input }] : input;
  const before = typeof instructions === 'string' ? [{ role: 'system' as const, content: instructions }] : [];
  const format = text?.format;
  return {
    model,
    messages: [...before, ...items.reduce(withItem, [])],
    max_completion_tokens: maxTokens,
    temperature,
    top_p: topP,
    response_format:
      format?.type === 'json_schema' ? { type: 'json_schema', json_schema: { schema: format.schema } } : format,
    ...toolsOf(request),
  };
}

function toolsOf({ tools, tool_choice: choice }: ResponseRequest): Pick<ChatRequest, 'tools' | 'tool_choice'> {
  return {
    tools: tools?.map(({ name, description, parameters }) => ({
      type: 'function',
      function: { name, description, parameters },
    })),
    tool_choice:
      typeof choice === 'object' && choice !== null ? { type: 'function', function: { name: choice.name } } : choice,
  };
}

/** The messages with one more item. Calls belong to what the model said before them, as templates have it. */
function withItem(messages: readonly ChatMessage[], item: ResponseItem): ChatMessage[] {
  if (item.type === 'message') return [...messages, { role: item.role, content: partsOf(item.content) }];
  if (item.type === 'function_call_output') {
    return [...messages, { role: 'tool', content: partsOf(item.output), tool_call_id: item.call_id }];
  }
  const { call_id: id, name, arguments: given } = item;
  const call = { id, type: 'function' as const, function: { name, arguments: given } };
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return [...messages, { role: 'assistant', content: null, tool_calls: [call] }];
  return [...messages.slice(0, -1), { ...last, tool_calls: [...(last.tool_calls ?? []), call] }];
}

type Content = Extract<ResponseItem, { readonly type: 'message' }>['content'];

const partsOf = (content: Content): ChatMessage['content'] =>
  typeof content === 'string'
    ? content
    : content.map((part) =>
        part.type === 'input_image'
          ? { type: 'image_url' as const, image_url: { url: part.image_url } }
          : { type: 'text' as const, text: part.text },
      );
