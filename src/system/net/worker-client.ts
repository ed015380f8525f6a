import { WorkerError } from '../../base/errors.ts';
import { formatDuration, MIB } from '../../base/units.ts';
import { askApi, unresponsive } from './worker-api.ts';

/*
 * How a command asks the running worker: one request to its local API, one or more lines of JSON back.
 *
 *   local-api.json ──▶ POST /control ── request ──▶ worker
 *                          command ◀── reply\n [reply\n …] ── worker
 *
 * What the lines hold is the business of worker/control.
 */

/** One reply is a status at most, with a hundred jobs and their prompts' beginnings in it. */
const MAX_REPLY_BYTES = 2 * MIB;

export interface WorkerClientOptions {
  /** For the first reply; a worker that streams may take any time after it. */
  readonly timeoutMs: number;
  /** An aborted signal ends the replies, and is no failure. */
  readonly signal?: AbortSignal;
}

/**
 * Asks the running worker and gives its replies as they come: values of JSON, not yet read. Leaving the loop hangs up.
 * `path` is the file that names the worker's API.
 *
 * @throws WorkerError `worker.not-running` when there is none | `worker.unresponsive` when there is one that does not
 * answer in time, hangs up before it has answered, or sends what is no line of JSON | `folder.unusable`
 */
export async function* askWorker(
  path: string,
  request: unknown,
  { timeoutMs, signal }: WorkerClientOptions,
): AsyncGenerator {
  const leaving = new AbortController();
  const late = unresponsive(`did not answer within ${formatDuration(timeoutMs)}`);
  const timer = setTimeout(() => leaving.abort(late), timeoutMs);
  const ended = AbortSignal.any([leaving.signal, ...(signal === undefined ? [] : [signal])]);
  let answered = false;
  try {
    const body = await open(path, JSON.stringify(request), ended);
    for await (const line of linesOf(body)) {
      clearTimeout(timer);
      answered = true;
      yield parseReply(line);
    }
  } catch (thrown) {
    if (signal?.aborted === true) return;
    if (leaving.signal.aborted) throw leaving.signal.reason;
    throw thrown instanceof WorkerError ? thrown : unresponsive('cannot be reached', thrown);
  } finally {
    clearTimeout(timer);
    leaving.abort();
  }
  if (!answered && signal?.aborted !== true) throw unresponsive('closed the connection before it answered');
}

async function open(path: string, body: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const response = await askApi(path, { method: 'POST', path: '/control', body, signal });
  if (response.status === 200 && response.body !== null) return response.body;
  await response.body?.cancel();
  throw unresponsive(`answered with status ${response.status}`);
}

/** Lines of a body as they come; a reader that is slow makes the worker wait. What follows the last end is dropped. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for await (const chunk of body) {
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
