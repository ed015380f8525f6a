import type { JobId } from '../../base/ids.ts';
import type { SseEvent } from '../http/sse.ts';
import type { ChatReply } from './chat-result.ts';

/** What is said of every piece of one answer. */
export interface ReplyHead {
  readonly jobId: JobId;
  /** Seconds since the epoch. */
  readonly created: number;
  readonly model: string;
}

export const headOf = (jobId: JobId, model: string, now: number): ReplyHead => ({
  jobId,
  created: Math.floor(now / 1000),
  model,
});

/** How an answer is told in the shape of one route. */
export interface ReplyShape {
  /** The beginning of a growing answer that can be told, whatever follows. */
  readonly tellable: (written: string) => string;
  /** The text of an answer, all of which has been told when it ends. */
  readonly textOf: (reply: ChatReply) => string;
  readonly whole: (head: ReplyHead, reply: ChatReply) => unknown;
  readonly begun: (head: ReplyHead) => readonly SseEvent[];
  readonly piece: (head: ReplyHead, text: string) => readonly SseEvent[];
  readonly ended: (head: ReplyHead, reply: ChatReply) => readonly SseEvent[];
  /** For a client that has the beginning already. */
  readonly failed: (head: ReplyHead, error: StreamError) => SseEvent;
}

/** Why a stream ends early. */
export interface StreamError {
  readonly message: string;
  readonly type: string;
  readonly code: string;
}
