import { errorChain, toWorkerError, WorkerError } from '../../base/errors.ts';
import type { Read } from '../../contract/read.ts';
import type { ControlAnswers, ControlStreams, WorkerControl } from './control.ts';
import { type AskName, CONTROL, CONTROL_STREAMS, isAskName, isStreamName, PROTOCOL, type StreamName } from './table.ts';
import { failedReply, readRequest, type ControlReply, STAMP } from './wire.ts';

/** Names are the sender's: they are cut before they fill a screen. */
const MAX_NAME_CHARACTERS = 60;

/**
 * Every reply of a running worker to one foreign request, in order. Never throws: what is wrong with the request, and
 * what fails while it is carried out, are replies. The signal ends a stream.
 */
export async function* repliesTo(
  control: WorkerControl,
  request: Read<unknown>,
  signal: AbortSignal,
): AsyncGenerator<ControlReply> {
  const read = request.is === 'read' ? readRequest(request.value) : request;
  if (read.is === 'unreadable') yield invalid(read.problem);
  else {
    const { ask, protocol = PROTOCOL, with: fields = {}, config } = read.value;
    const other = await otherConfig(control, config);
    if (other !== undefined) yield failedReply(other, other.message);
    // In another protocol the same name may mean something else.
    else if (protocol === PROTOCOL && isAskName(ask)) yield await answerOf(control, ask, fields);
    else if (protocol === PROTOCOL && isStreamName(ask)) yield* eventsOf(control, ask, { fields, signal });
    else yield { ...STAMP, is: 'unknown-request', ask: ask.slice(0, MAX_NAME_CHARACTERS) };
  }
}

async function answerOf<N extends AskName>(
  control: Pick<ControlAnswers, N>,
  name: N,
  fields: unknown,
): Promise<ControlReply> {
  const request = CONTROL[name].request(fields);
  if (request.is === 'unreadable') return invalid(request.problem);
  try {
    return { ...STAMP, is: 'answer', answer: await control[name](request.value) };
  } catch (thrown) {
    return failedReply(toWorkerError(thrown), errorChain(thrown));
  }
}

async function* eventsOf<N extends StreamName>(
  control: Pick<ControlStreams, N>,
  name: N,
  { fields, signal }: { readonly fields: unknown; readonly signal: AbortSignal },
): AsyncGenerator<ControlReply> {
  const request = CONTROL_STREAMS[name].request(fields);
  try {
    if (request.is === 'unreadable') yield invalid(request.problem);
    else {
      const events = control[name](request.value, signal);
      yield { ...STAMP, is: 'subscribed' };
      for await (const event of events) yield { ...STAMP, is: 'event', event };
    }
  } catch (thrown) {
    yield failedReply(toWorkerError(thrown), errorChain(thrown));
  }
}

/** A folder has one socket, whichever of its config files the worker runs with. */
async function otherConfig(control: WorkerControl, asked: string | undefined): Promise<WorkerError | undefined> {
  if (asked === undefined) return undefined;
  const { configPath } = await control.status({});
  if (fileName(configPath) === fileName(asked)) return undefined;
  return new WorkerError(
    'worker.other-config',
    `the worker that runs in this folder uses another config: ${configPath}`,
    {
      hint: 'Give each worker a folder of its own, or stop that one first.',
    },
  );
}

const fileName = (path: string): string | undefined => path.split(/[\\/]/).at(-1);

const invalid = (because: string): ControlReply => ({ ...STAMP, is: 'invalid-request', because });
