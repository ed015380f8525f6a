import { WorkerError } from '../../base/errors.ts';
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

/** Numbers of a vector. */
const DIMENSIONS = 32;

/**
 * What a program of this machine asks for beside a chat. A vector is the digest of its text, and its tokens are its bytes.
 *
 * @throws WorkerError `task.unsupported` for tools, which a fixed reply cannot call
 */
export function answerLocal(
  ask: NonNullable<TaskOf<'llm'>['local']>,
  sha256: (text: string) => Uint8Array,
): JsonObject {
  switch (ask.is) {
    case 'vectors':
      return {
        vectors: ask.texts.map((text) => Array.from(sha256(text).subarray(0, DIMENSIONS), (byte) => byte / 127.5 - 1)),
        tokens: ask.texts.reduce((sum, text) => sum + tokensOf(text).length, 0),
      };
    case 'tokens':
      return { tokens: [...tokensOf(ask.text)] };
    case 'tools':
      throw new WorkerError('task.unsupported', 'the synthetic engine calls no tools', {
        hint: 'Ask without tools, or ask a model of another engine.',
      });
    default:
      return ask satisfies never;
  }
}

const tokensOf = (text: string): Uint8Array => new TextEncoder().encode(text);
