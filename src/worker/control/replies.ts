import { errorChain, toWorkerError } from '../../base/errors.ts';
import type { Read } from '../../contract/read.ts';
import type { WorkerControl } from './control.ts';
import { type AskName, CONTROL, isAskName, PROTOCOL } from './table.ts';
import { failedReply, readRequest, type Reply, STAMP } from './wire.ts';

/** Names are the sender's: they are cut before they fill a screen. */
const MAX_NAME_CHARACTERS = 60;

/**
 * Every reply of a running worker to one foreign request, in order. Never throws: what is wrong with the request, and
 * what fails while it is carried out, are replies.
 */
export async function* repliesTo(control: WorkerControl, request: Read<unknown>): AsyncGenerator<Reply> {
  yield await replyTo(control, request.is === 'read' ? readRequest(request.value) : request);
}

async function replyTo(control: WorkerControl, request: ReturnType<typeof readRequest>): Promise<Reply> {
  if (request.is === 'unreadable') return invalid(request.problem);
  const { ask, protocol = PROTOCOL, with: fields = {} } = request.value;
  // In another protocol the same name may mean something else.
  if (protocol === PROTOCOL && isAskName(ask)) return await answerOf(control, ask, fields);
  return { ...STAMP, is: 'unknown-request', ask: ask.slice(0, MAX_NAME_CHARACTERS) };
}

async function answerOf<N extends AskName>(control: Pick<WorkerControl, N>, name: N, fields: unknown): Promise<Reply> {
  const request = CONTROL[name].request(fields);
  if (request.is === 'unreadable') return invalid(request.problem);
  try {
    return { ...STAMP, is: 'answer', answer: await control[name](request.value) };
  } catch (thrown) {
    return failedReply(toWorkerError(thrown), errorChain(thrown));
  }
}

const invalid = (because: string): Reply => ({ ...STAMP, is: 'invalid-request', because });
