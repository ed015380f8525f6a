import { WorkerError } from '../../base/errors.ts';
import type { JobId } from '../../base/ids.ts';
import type { CatalogueEntry } from '../../contract/catalogue.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Clock } from '../../system/clock.ts';
import type { LocalJobs, LocalResult } from '../../worker/local/local-jobs.ts';
import type { ChatRequest } from '../contract/openai/chat.ts';
import { ApiFailure, jsonReply } from '../http/reply.ts';
import { type SseWriter, sseReply } from '../http/sse.ts';
import { chatReplyOf, chunkOf, completionOf, headOf, lastChunkOf, type ReplyHead, usageChunkOf } from './chat-reply.ts';
import { runAsked } from './ask.ts';
import { chatTaskOf } from './chat-task.ts';
import { createTextStream, type TextStream } from './text-stream.ts';

export interface ChatDeps {
  readonly local: Pick<LocalJobs, 'run'>;
  readonly clock: Pick<Clock, 'now' | 'after'>;
}

/** One chat on its way. */
interface Chat {
  readonly entry: CatalogueEntry;
  readonly task: TaskOf<'llm'>;
  readonly signal: AbortSignal;
}

/**
 * Answers a chat. A stream begins with the first text: what fails before has a status of its own.
 *
 * @throws ApiFailure | WorkerError
 */
export async function answerChat(
  request: ChatRequest,
  { entry, signal }: { readonly entry: CatalogueEntry; readonly signal: AbortSignal },
  deps: ChatDeps,
): Promise<Response> {
  const task = chatTaskOf(request);
  const leaving = new AbortController();
  const { deadline_ms: deadlineMs } = request;
  const late = (): void => leaving.abort(LATE);
  const disarm = typeof deadlineMs === 'number' ? deps.clock.after(deadlineMs, late) : () => {};
  const chat: Chat = { entry, task, signal: AbortSignal.any([signal, leaving.signal]) };
  try {
    if (request.stream === true) {
      const withUsage = request.stream_options?.include_usage === true;
      return await streamed(chat, deps, { withUsage, leave: () => leaving.abort(), onEnd: disarm });
    }
    const done = await runAsked(chat, { signal: chat.signal }, deps.local);
    disarm();
    const { job, result } = done;
    return jsonReply(completionOf(headOf(job.id, entry.id, deps.clock.now()), chatReplyOf(result)));
  } catch (thrown) {
    disarm();
    throw leaving.signal.reason === LATE ? LATE : thrown;
  }
}

const LATE = new ApiFailure(504, 'deadline_exceeded', 'the chat was not answered before its deadline');

interface Streaming {
  readonly withUsage: boolean;
  /** The client is gone. */
  readonly leave: () => void;
  readonly onEnd: () => void;
}

async function streamed(chat: Chat, deps: ChatDeps, { withUsage, leave, onEnd }: Streaming): Promise<Response> {
  const { response, writer } = sseReply(leave);
  const started = Promise.withResolvers<Response>();
  let head: ReplyHead | undefined;
  const headFor = (id: JobId): ReplyHead => (head ??= headOf(id, chat.entry.id, deps.clock.now()));
  const text = createTextStream(async (content) => {
    if (head === undefined) return; // a job has its id before its first word
    started.resolve(response);
    await writer.send(chunkOf(head, { content }));
  });
  const onStart = (id: JobId): void => void writer.send(chunkOf(headFor(id), { role: 'assistant', content: '' }));
  const finish = async (): Promise<void> => {
    try {
      const done = await runAsked(chat, { signal: chat.signal, onDelta: text.onDelta, onStart }, deps.local);
      await writeEnd(done, { head: headFor(done.job.id), text, writer, withUsage });
      started.resolve(response);
      writer.end();
    } catch (thrown) {
      started.reject(thrown);
      await writer.send({ error: streamError(thrown) }); // for a client that has the beginning already
      writer.end();
    } finally {
      onEnd();
    }
  };
  void finish();
  return await started.promise;
}

interface Ending {
  readonly head: ReplyHead;
  readonly text: TextStream;
  readonly writer: SseWriter;
  readonly withUsage: boolean;
}

async function writeEnd({ result }: LocalResult, { head, text, writer, withUsage }: Ending): Promise<void> {
  const reply = chatReplyOf(result);
  const rest = text.rest(reply.message.content);
  if (rest === undefined) throw new WorkerError('engine.failed', 'the chat began anew with another answer');
  if (rest !== '') await writer.send(chunkOf(head, { content: rest }));
  await writer.send(lastChunkOf(head, reply));
  if (withUsage) await writer.send(usageChunkOf(head, reply.usage));
  writer.sendText('[DONE]');
}

const streamError = (thrown: unknown): { readonly message: string; readonly type: string; readonly code: string } =>
  thrown instanceof WorkerError
    ? { message: thrown.message, type: 'server_error', code: thrown.code.replaceAll(/[.-]/g, '_') }
    : { message: 'the worker failed; its log says why', type: 'server_error', code: 'internal' };
