import type { JsonObject } from '../../base/json.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Size } from './image.ts';

/** What the digest of a chat is taken over. The separate `system` field is not part of it (studio contract). */
export const chatText = (task: Pick<TaskOf<'llm'>, 'messages'>): string =>
  task.messages.map(({ role, content }) => `${role}: ${content}`).join('\n');

/** The contract counts eight for every reply, whatever its words. */
const COMPLETION_TOKENS = 8;

/** A reply that names the digest of its chat and, in the studio contract's words, the size of each image read with it. */
export function contentFor(digest: Uint8Array, images: readonly Size[]): string {
  const reply = `[synthetic] reply to prompt #${shortHex(digest)}`;
  if (images.length === 0) return reply;
  const sizes = images.map(({ width, height }) => `${width}x${height}`).join(', ');
  return `${reply} (read ${images.length} images: ${sizes})`;
}

/** A chat completion with this reply. No `elapsed_ms`: this engine's time says nothing. */
export function replyTo(text: string, content: string): JsonObject {
  const promptTokens = text.split(/\s+/).filter((word) => word !== '').length;
  return {
    object: 'chat.completion',
    model: 'synthetic-llm',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content },
        finish_reason: 'stop',
      },
    ],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: COMPLETION_TOKENS,
      total_tokens: promptTokens + COMPLETION_TOKENS,
    },
  };
}

/** The first sixteen hex digits, by which results name what they were made from. */
export const shortHex = (digest: Uint8Array): string => digest.subarray(0, 8).toHex();
