import { WorkerError } from '../../base/errors.ts';
import type { TaskResult } from '../../engines/result.ts';
import { chatIn, type Usage } from '../contract/openai/chat.ts';

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
