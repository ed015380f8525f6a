import { toWorkerError, WorkerError } from '../../base/errors.ts';
import { VERSION } from '../../base/version.ts';
import type { ValueReader } from './entry.ts';
import {
  type AnswerOf,
  type AskName,
  CONTROL,
  CONTROL_STREAMS,
  type RequestOf,
  type StreamEventOf,
  type StreamName,
  type StreamRequestOf,
} from './table.ts';
import { readReply, type ControlReply, STAMP, toFailure } from './wire.ts';

/** What came of asking. Only `not-running` means that there is no worker. */
export type ControlResult<Answer> =
  | { readonly is: 'answered'; readonly answer: Answer }
  | { readonly is: 'not-running' }
  /** A worker runs, and did not do what it was asked for. */
  | { readonly is: 'failed'; readonly error: WorkerError };

/** The way of a command to the worker that runs with its config, whether or not there is one. */
export interface ControlClient {
  /** Never rejects: a worker that is hung, of another version, or unable is an outcome. */
  ask<N extends AskName>(name: N, request: RequestOf<N>): Promise<ControlResult<AnswerOf<N>>>;
  /**
   * Resolves once the worker gives its events from then on, until the signal aborts, the loop is left or the worker
   * ends. Those of a later release that this one does not know are left out.
   *
   * @throws WorkerError `worker.not-running` | `worker.unresponsive` | `worker.incompatible`
   */
  stream<N extends StreamName>(
    name: N,
    request: StreamRequestOf<N>,
    signal: AbortSignal,
  ): Promise<AsyncIterable<StreamEventOf<N>>>;
}

/**
 * Carries a request there and replies back, until the signal aborts. `timeoutMs` is for the first of them.
 *
 * @throws WorkerError `worker.not-running` when nobody is there
 */
export type ControlTransport = (request: unknown, options: TransportOptions) => AsyncGenerator;

export interface TransportOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** A client of the worker at the other end of the transport, for commands that are about this config file. */
export const createControlClient = (transport: ControlTransport, config: string): ControlClient => ({
  async ask(name, request) {
    const { timeoutMs } = CONTROL[name];
    try {
      for await (const reply of transport({ ...STAMP, config, ask: name, with: request }, { timeoutMs })) {
        return { is: 'answered', answer: answerIn(reply, name) };
      }
      throw unreadable(name);
    } catch (thrown) {
      const error = toWorkerError(thrown);
      return error.code === 'worker.not-running' ? { is: 'not-running' } : { is: 'failed', error };
    }
  },
  async stream(name, request, signal) {
    const { timeoutMs, event } = CONTROL_STREAMS[name];
    const replies = transport({ ...STAMP, config, ask: name, with: request }, { timeoutMs, signal });
    const first = await replies.next();
    if (first.done) throw unreadable(name);
    const value = replyIn(first.value, name);
    if (value.is === 'subscribed') return eventsIn(replies, { name, event });
    await replies.return(undefined);
    throw refusalOf(value, name);
  },
});

async function* eventsIn<Event>(
  replies: AsyncIterable<unknown>,
  { name, event }: { readonly name: string; readonly event: ValueReader<Event> },
): AsyncGenerator<Event> {
  for await (const reply of replies) {
    const value = replyIn(reply, name);
    if (value.is !== 'event') throw refusalOf(value, name);
    const read = event(value.event);
    if (read.is === 'read') yield read.value;
  }
}

function replyIn(reply: unknown, name: string): ControlReply {
  const read = readReply(reply);
  if (read.is === 'unreadable') throw unreadable(name);
  return read.value;
}

function answerIn<N extends AskName>(reply: unknown, name: N): AnswerOf<N> {
  const value = replyIn(reply, name);
  if (value.is !== 'answer') throw refusalOf(value, name);
  const answer = CONTROL[name].answer(value.answer);
  if (answer.is === 'read') return answer.value;
  throw unreadable(name, value.version);
}

function refusalOf(reply: ControlReply, name: string): WorkerError {
  switch (reply.is) {
    case 'unknown-request':
      return incompatible(`the running worker is version ${reply.version} and does not know the request \`${name}\``);
    case 'invalid-request':
      return incompatible(
        `the running worker, version ${reply.version}, rejected the request \`${name}\`: ${reply.because}`,
      );
    case 'failed':
      return toFailure(reply);
    case 'answer':
    case 'event':
    case 'subscribed':
      return unreadable(name, reply.version);
    default:
      return reply satisfies never;
  }
}

const unreadable = (name: string, version?: string): WorkerError =>
  incompatible(
    `the answer of the running worker${version === undefined ? '' : `, version ${version},`} to \`${name}\` cannot be read`,
  );

const incompatible = (message: string): WorkerError =>
  new WorkerError('worker.incompatible', message, {
    hint: `Restart the worker, so that it runs the same release as this command (${VERSION}).`,
  });
