import type { Tool } from '../../contract/openai/chat.ts';
import type { ChatReply } from '../chat-result.ts';
import type { ReplyHead } from '../shape.ts';
import { readCalls } from '../tools/calls.ts';

/** `incomplete`: it was cut at the number of tokens that the client allowed. */
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

/** A call of a function, as an item of a response. */
export interface CallItem {
  readonly id: string;
  readonly type: 'function_call';
  readonly status: ItemStatus;
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
}

/** What a response is made of. */
export interface ReplyItems {
  /** Undefined where the model said nothing but its calls. */
  readonly text: string | undefined;
  readonly calls: readonly CallItem[];
}

export function itemsOf({ jobId }: ReplyHead, reply: ChatReply, tools: readonly Tool[]): ReplyItems {
  const { content, calls } = readCalls(reply.message.content, tools);
  return {
    text: content === '' && calls.length > 0 ? undefined : content,
    calls: calls.map(({ name, arguments: given }, at) => ({
      id: `fc_${jobId}_${at}`,
      type: 'function_call',
      status: 'completed',
      call_id: `call_${jobId}_${at}`,
      name,
      arguments: given,
    })),
  };
}

export const statusOf = ({ finish }: ChatReply): 'completed' | 'incomplete' =>
  finish === 'length' ? 'incomplete' : 'completed';

export const messageId = ({ jobId }: ReplyHead): string => `msg_${jobId}`;

export const messageOf = (head: ReplyHead, status: ItemStatus, text: string) => ({
  id: messageId(head),
  type: 'message',
  role: 'assistant',
  status,
  content: [partOf(text)],
});

export const partOf = (text: string) => ({ type: 'output_text', text, annotations: [] });
