import { isInlineImage } from '../../base/media/data-url.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import { CHAT_DEFAULTS } from '../../contract/tasks/llm.ts';
import type { ChatMessage, ChatRequest, ContentPart } from '../contract/openai/chat.ts';
import { ApiFailure } from '../http/reply.ts';
import { toolAskOf } from './tools/ask.ts';

/** @throws ApiFailure 400 for an image that is not in the request itself, and as `toolAskOf` */
export function chatTaskOf(request: ChatRequest): TaskOf<'llm'> {
  const images = [...request.messages.flatMap(imagesIn), ...(request.images ?? [])];
  for (const image of images) assertInline(image);
  const { top_p: topP, seed, stop, chat_template_kwargs: chatTemplateKwargs } = request;
  const messages = request.messages.map(({ role, content }) => ({ role: roleOf(role), content: textOf(content) }));
  const { local, jsonSchema = schemaOf(request.response_format) } = toolAskOf(request, messages);
  return {
    kind: 'llm',
    messages,
    maxTokens: request.max_completion_tokens ?? request.max_tokens ?? CHAT_DEFAULTS.maxTokens,
    temperature: request.temperature ?? CHAT_DEFAULTS.temperature,
    ...(images.length > 0 && { images }),
    ...(isGiven(topP) && { topP }),
    ...(isGiven(seed) && { seed: BigInt.asUintN(64, BigInt(seed)) }),
    ...(isGiven(stop) && { stop: typeof stop === 'string' ? [stop] : stop }),
    ...(jsonSchema !== undefined && { jsonSchema }),
    ...(local !== undefined && { local }),
    ...(isGiven(chatTemplateKwargs) && { chatTemplateKwargs }),
  };
}

/** Templates of models know no `developer`, the later name of `system`. */
const roleOf = (role: ChatMessage['role']): string => (role === 'developer' ? 'system' : role);

function textOf(content: ChatMessage['content']): string {
  if (content === null || typeof content === 'string') return content ?? '';
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}

function imagesIn({ content }: ChatMessage): readonly string[] {
  const parts: readonly ContentPart[] = Array.isArray(content) ? content : [];
  return parts.flatMap((part) => (part.type === 'image_url' ? [part.image_url.url] : []));
}

/** Nothing is fetched for a program of this machine: it could name addresses that only this machine reaches. */
function assertInline(url: string): void {
  if (isInlineImage(url)) return;
  throw new ApiFailure(400, 'bad_request', 'images: each must be a data:image/…;base64 URL');
}

function schemaOf(format: ChatRequest['response_format']): Readonly<Record<string, unknown>> | undefined {
  if (format === null || format === undefined || format.type === 'text') return undefined;
  return format.type === 'json_object' ? { type: 'object' } : format.json_schema.schema;
}

const isGiven = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;
