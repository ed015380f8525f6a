import * as v from 'valibot';
import { readJson } from '../../../contract/read.ts';

/*
 * A chat completion as it is streamed (OpenAI's reference, `chat.completion.chunk`): pieces of text, then why it ended,
 * then a mark that is no JSON.
 */

const END = '[DONE]';

const ChunkSchema = v.union([
  v.object({
    choices: v.array(
      v.object({
        delta: v.object({ content: v.nullish(v.string()) }),
        finish_reason: v.nullish(v.string()),
      }),
    ),
  }),
  v.object({ error: v.object({ message: v.string() }) }),
]);

/** What one piece of a streamed chat says. */
export type ChatChunk =
  | { readonly is: 'piece'; readonly text: string; readonly finish: string | undefined }
  | { readonly is: 'ended' }
  | { readonly is: 'failed'; readonly message: string };

/** The `data` of one event. */
export function readChatChunk(data: string): ChatChunk {
  if (data === END) return { is: 'ended' };
  const read = readJson(ChunkSchema, data);
  if (read.is === 'unreadable')
    return { is: 'failed', message: `a piece of the answer cannot be read: ${read.problem}` };
  if ('error' in read.value) return { is: 'failed', message: read.value.error.message };
  const [choice] = read.value.choices;
  return { is: 'piece', text: choice?.delta.content ?? '', finish: choice?.finish_reason ?? undefined };
}
