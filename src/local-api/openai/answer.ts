import { WorkerError } from '../../base/errors.ts';
import type { JobId } from '../../base/ids.ts';
import type { CatalogueEntry } from '../../contract/catalogue.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Clock } from '../../system/clock.ts';
import type { LocalJobs } from '../../worker/local/local-jobs.ts';
import { ApiFailure, jsonReply } from '../http/reply.ts';
import { type SseWriter, sseReply } from '../http/sse.ts';
import { runAsked } from './ask.ts';
import { type ChatReply, chatReplyOf } from './chat-result.ts';
import { headOf, type ReplyHead, type ReplyShape, type StreamError } from './shape.ts';
import { createTextStream, type TextStream } from './text-stream.ts';

export interface AnswerDeps {
  readonly local: Pick<LocalJobs, 'run'>;
  readonly clock: Pick<Clock, 'now' | 'after'>;
}

/** What is asked, and how it is told. */
export interface Question {
  readonly entry: CatalogueEntry;
  readonly task: TaskOf<'llm'>;
  /** Aborts when the client goes away before the answer has begun. */
  readonly signal: AbortSignal;
  readonly stream: boolean;
  readonly deadlineMs: number | undefined;
  readonly shape: ReplyShape;
}

/**
 * Answers a chat. A stream begins with the first text: what fails before has a status of its own.
 *
 * @throws ApiFailure | WorkerError
 */
export async function answer(asked: Question, deps: AnswerDeps): Promise<Response> {
  const leaving = new AbortController();
  const { deadlineMs } = asked;
  const late = (): void => leaving.abort(LATE);
  const disarm = deadlineMs === undefined ? () => {} : deps.clock.after(deadlineMs, late);
  const question: Question = { ...asked, signal: AbortSignal.any([asked.signal, leaving.signal]) };
  const { entry, shape } = question;
  try {
    if (question.stream) return await streamed(question, deps, { leave: () => leaving.abort(), onEnd: disarm });
    const { job, result } = await runAsked(question, { signal: question.signal }, deps.local);
    disarm();
    return jsonReply(shape.whole(headOf(job.id, entry.id, deps.clock.now()), chatReplyOf(result)));
  } catch (thrown) {
    disarm();
    throw leaving.signal.reason === LATE ? LATE : thrown;
  }
}

const LATE = new ApiFailure(504, 'deadline_exceeded', 'the chat was not answered before its deadline');

interface Streaming {
  /** The client is gone. */
  readonly leave: () => void;
  readonly onEnd: () => void;
}

async function streamed(question: Question, deps: AnswerDeps, { leave, onEnd }: Streaming): Promise<Response> {
  const { shape, entry, signal } = question;
  const { response, writer } = sseReply(leave);
  const started = Promise.withResolvers<Response>();
  let head: ReplyHead | undefined;
  const headFor = (id: JobId): ReplyHead => (head ??= headOf(id, entry.id, deps.clock.now()));
  const text = createTextStream(async (piece) => {
    if (head === undefined) return; // a job has its id before its first word
    started.resolve(response);
    for (const event of shape.piece(head, piece)) await writer.send(event);
  }, shape.tellable);
  const onStart = (id: JobId): void => {
    for (const event of shape.begun(headFor(id))) void writer.send(event);
  };
  const finish = async (): Promise<void> => {
    try {
      const done = await runAsked(question, { signal, onDelta: text.onDelta, onStart }, deps.local);
      const reply = chatReplyOf(done.result);
      started.resolve(response); // a client that reads nothing yet would hold up the end
      await writeEnd(reply, { head: headFor(done.job.id), text, writer, shape });
    } catch (thrown) {
      started.reject(thrown);
      if (head !== undefined) await writer.send(shape.failed(head, streamError(thrown)));
    } finally {
      writer.end();
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
  readonly shape: ReplyShape;
}

async function writeEnd(reply: ChatReply, { head, text, writer, shape }: Ending): Promise<void> {
  const rest = text.rest(shape.textOf(reply));
  if (rest === undefined) throw new WorkerError('engine.failed', 'the chat began anew with another answer');
  const events = [...(rest === '' ? [] : shape.piece(head, rest)), ...shape.ended(head, reply)];
  for (const event of events) await writer.send(event);
}

const streamError = (thrown: unknown): StreamError =>
  thrown instanceof WorkerError
    ? { message: thrown.message, type: 'server_error', code: thrown.code.replaceAll(/[.-]/g, '_') }
    : { message: 'the worker failed; its log says why', type: 'server_error', code: 'internal' };
