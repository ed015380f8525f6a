import type { TaskOf } from '../../../contract/tasks/index.ts';
import type { ChatMessage, ChatRequest, Tool } from '../../contract/openai/chat.ts';
import { ApiFailure } from '../../http/reply.ts';

/** What a chat asks of the model beside an answer. */
export interface ToolAsk {
  /** The messages with their calls and results, and the definitions, for the model's template. */
  readonly local?: NonNullable<TaskOf<'llm'>['local']>;
  /** What the answer has to be where it must be a call. */
  readonly jsonSchema?: Readonly<Record<string, unknown>>;
}

/** The tools that the model may call in its answer. */
export const callableIn = ({ tools, tool_choice: choice }: ChatRequest): readonly Tool[] =>
  choice === 'none' ? [] : (tools ?? []);

/**
 * What becomes of the tools of a request. `texts` are the messages as those without tools see them, in the same order.
 *
 * @throws ApiFailure 400 for a choice that cannot be made, and for arguments that are no JSON
 */
export function toolAskOf(request: ChatRequest, texts: TaskOf<'llm'>['messages']): ToolAsk {
  const tools = callableIn(request);
  const hasCalls = request.messages.some((one) => one.role === 'tool' || (one.tool_calls ?? []).length > 0);
  if (tools.length === 0 && !hasCalls) {
    if (mustCall(request)) throw new ApiFailure(400, 'bad_request', 'tool_choice: there are no tools to call');
    return {};
  }
  const messages = request.messages.map((message, at) => ({ ...texts[at], ...callsOf(message) }));
  const required = requiredIn(request, tools);
  return {
    local: { is: 'tools', messages, tools: tools.map(definitionOf) },
    ...(required !== undefined && { jsonSchema: schemaOfCalls(required) }),
  };
}

const mustCall = ({ tool_choice: choice }: ChatRequest): boolean =>
  choice === 'required' || (typeof choice === 'object' && choice !== null);

/** Those of which one has to be called. */
function requiredIn(request: ChatRequest, tools: readonly Tool[]): readonly Tool[] | undefined {
  const { tool_choice: choice, response_format: format } = request;
  if (!mustCall(request)) return undefined;
  if (format !== null && format !== undefined && format.type !== 'text') {
    throw new ApiFailure(400, 'bad_request', 'tool_choice: an answer that must be a call has no other format');
  }
  if (typeof choice !== 'object' || choice === null) return tools;
  const named = tools.filter((tool) => tool.function.name === choice.function.name);
  if (named.length > 0) return named;
  throw new ApiFailure(400, 'bad_request', `tool_choice: no tool is called ${choice.function.name}`);
}

const NO_ARGUMENTS = { type: 'object', properties: {} };

const definitionOf = ({ type, function: { name, description, parameters } }: Tool) => ({
  type,
  function: { name, description: description ?? '', parameters: parameters ?? NO_ARGUMENTS },
});

/** Templates read arguments as what they are, not as their JSON. */
function callsOf({ tool_calls: calls, tool_call_id: id, name }: ChatMessage) {
  return {
    ...(typeof id === 'string' && { tool_call_id: id }),
    ...(typeof name === 'string' && { name }),
    ...(calls !== null &&
      calls !== undefined &&
      calls.length > 0 && {
        tool_calls: calls.map((call) => ({
          ...call,
          function: { name: call.function.name, arguments: argumentsIn(call.function.arguments) },
        })),
      }),
  };
}

function argumentsIn(json: string): unknown {
  try {
    return JSON.parse(json === '' ? '{}' : json) as unknown;
  } catch {
    throw new ApiFailure(400, 'bad_request', 'messages: the arguments of a tool call are not JSON');
  }
}

/** One call, as the parser of answers reads it. */
function schemaOfCalls(tools: readonly Tool[]): Readonly<Record<string, unknown>> {
  const calls = tools.map(({ function: { name, parameters } }, at) => ({
    type: 'object',
    properties: {
      name: { const: name },
      arguments: moved(parameters ?? NO_ARGUMENTS, tools.length === 1 ? '' : `/anyOf/${at}`),
    },
    required: ['name', 'arguments'],
    additionalProperties: false,
  }));
  const [only] = calls;
  return calls.length === 1 && only !== undefined ? only : { anyOf: calls };
}

/** A schema inside another one: what refers to its own root refers to where that is now. */
function moved(schema: unknown, under: string): unknown {
  if (Array.isArray(schema)) return schema.map((part) => moved(part, under));
  if (typeof schema !== 'object' || schema === null) return schema;
  const place = `#${under}/properties/arguments`;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === '$ref' && typeof value === 'string' && value.startsWith('#')
        ? place + value.slice(1)
        : moved(value, under),
    ]),
  );
}
