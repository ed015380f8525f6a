import type { JobId } from '../../base/ids.ts';
import { WorkerError } from '../../base/errors.ts';
import type { TaskResult } from '../../engines/result.ts';
import { chatIn, type Usage } from '../contract/openai/chat.ts';

/** What is said of every piece of one answer. */
export interface ReplyHead {
  readonly id: string;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly model: string;
}

export const headOf = (jobId: JobId, model: string, now: number): ReplyHead => ({
  id: `chatcmpl-${jobId}`,
  created: Math.floor(now / 1000),
  model,
});

export interface ChatReply {
  readonly message: { readonly content: string; readonly reasoning_content?: string };
  readonly finish: string;
  readonly usage: Usage;
}

/** @throws WorkerError `engine.failed` for a result that is no chat */
export function chatReplyOf(result: TaskResult): ChatReply {
  const read = chatIn(result.is === 'json' ? result.value : undefined);
  if (read === undefined) throw new WorkerError('engine.failed', 'the engine returned no chat completion');
  const [{ message, finish_reason: finish }] = read.choices;
  return { message, finish, usage: read.usage };
}

export const completionOf = (head: ReplyHead, { message, finish, usage }: ChatReply) => ({
  ...withObject(head, 'chat.completion'),
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }],
  usage,
});

/** The first piece says who speaks, the others what. */
export const chunkOf = (head: ReplyHead, delta: { readonly role?: 'assistant'; readonly content: string }) => ({
  ...withObject(head, 'chat.completion.chunk'),
  choices: [{ index: 0, delta, finish_reason: null }],
});

/** The last piece, which counts the tokens. */
export const lastChunkOf = (head: ReplyHead, { finish, usage }: Pick<ChatReply, 'finish' | 'usage'>) => ({
  ...withObject(head, 'chat.completion.chunk'),
  choices: [{ index: 0, delta: {}, finish_reason: finish }],
  usage,
});

/** What a client gets that asked for `stream_options.include_usage`. */
export const usageChunkOf = (head: ReplyHead, usage: ChatReply['usage']) => ({
  ...withObject(head, 'chat.completion.chunk'),
  choices: [],
  usage,
});

const withObject = ({ id, created, model }: ReplyHead, object: string) => ({ id, object, created, model });
