import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { WorkerError } from '../../base/errors.ts';
import { formatDuration, MIB } from '../../base/units.ts';
import { codeOf } from '../../base/system-code.ts';
import { assertTrustedFolder } from '../disk/private-folder.ts';

/** One reply is a status at most, with fifty jobs and their prompts' beginnings in it. */
const MAX_REPLY_BYTES = 2 * MIB;

/** Nothing is there, or only what a killed worker left behind. Every other failure means that somebody is there. */
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED']);

/**
 * Asks the running worker and gives its replies as they come: values of JSON, not yet read. Leaving the loop hangs up.
 *
 * `timeoutMs` is for the first reply; a worker that streams may take any time after it. An aborted signal ends the
 * replies, and is no failure.
 *
 * @throws WorkerError `worker.not-running` when there is none | `worker.unresponsive` when there is one that does not
 * answer in time, hangs up before it has answered, or sends what is no line of JSON | `folder.unusable`
 */
export async function* askControl(
  address: string,
  request: unknown,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): AsyncGenerator {
  if (process.platform !== 'win32') assertTrustedFolder(dirname(address));
  const socket = connect(address);
  const timer = setTimeout(
    () => socket.destroy(unresponsive(`did not answer within ${formatDuration(timeoutMs)}`)),
    timeoutMs,
  );
  let answered = false;
  const hangUp = (): void => void socket.destroy();
  signal?.addEventListener('abort', hangUp, { once: true });
  if (signal?.aborted) hangUp();
  try {
    socket.once('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    for await (const line of linesOf(socket)) {
      clearTimeout(timer);
      answered = true;
      yield parseReply(line);
    }
  } catch (thrown) {
    if (signal?.aborted) return;
    if (thrown instanceof WorkerError) throw thrown;
    if (NOBODY.has(codeOf(thrown) ?? '')) throw notRunning(thrown);
    throw unresponsive('cannot be reached', thrown);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', hangUp);
    socket.destroy();
  }
  if (!answered && !signal?.aborted) throw unresponsive('closed the connection before it answered');
}

const notRunning = (cause: unknown): WorkerError =>
  new WorkerError('worker.not-running', 'no worker is running with this config', {
    cause,
    hint: 'Start one with `studio-worker run`.',
  });

const unresponsive = (what: string, cause?: unknown): WorkerError =>
  new WorkerError('worker.unresponsive', `the running worker ${what}`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'Read its log; restart it if it stays like this.',
  });

/** Lines of a socket as they come; a reader that is slow makes the socket wait. What follows the last end is dropped. */
async function* linesOf(socket: Socket): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      yield Buffer.concat([...rest, chunk.subarray(start, end)]).toString('utf8');
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    rest.push(chunk.subarray(start));
    restBytes += chunk.byteLength - start;
    if (restBytes > MAX_REPLY_BYTES) throw unresponsive(`sent a line of more than ${MAX_REPLY_BYTES} bytes`);
  }
}

function parseReply(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (thrown) {
    throw unresponsive('sent what is not a line of JSON', thrown);
  }
}
