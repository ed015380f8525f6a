import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { WorkerError } from '../../base/errors.ts';
import { codeOf } from '../../base/system-code.ts';
import { formatDuration, MIB } from '../../base/units.ts';
import { assertTrustedFolder } from '../disk/private-folder.ts';
import { isAlive } from '../process/alive.ts';

/*
 * How a command reaches the running worker: a file beside the config names its local API, one request there, one or more
 * lines of JSON back.
 *
 *   local-api.json ──▶ POST /control ── request ──▶ worker
 *                          command ◀── reply\n [reply\n …] ── worker
 *
 * What the lines hold is the business of worker/control. A file that a killed worker left behind names nobody: its
 * process is gone, nothing listens there, or whoever does has another token.
 */

/** One reply is a status at most, with a hundred jobs and their prompts' beginnings in it. */
const MAX_REPLY_BYTES = 2 * MIB;

/** Nothing listens there. Every other failure means that somebody does. */
const NOBODY = new Set(['ConnectionRefused', 'ECONNREFUSED', 'ENOENT']);

/** Where the API of a running worker is. */
interface Found {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
}

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

/** A worker that starts anew has another token: the file is read once more before nobody counts as there. */
async function open(path: string, body: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  for (const isLast of [false, true]) {
    const found = readFound(path);
    if (found === undefined) throw notRunning();
    const response = await post(found, body, signal);
    if (response?.status === 200 && response.body !== null) return response.body;
    await response?.body?.cancel();
    if (response !== undefined && response.status !== 401)
      throw unresponsive(`answered with status ${response.status}`);
    if (isLast) break;
  }
  throw notRunning();
}

/** Undefined where nothing listens. */
async function post({ url, token }: Found, body: string, signal: AbortSignal): Promise<Response | undefined> {
  try {
    return await fetch(`${url}/control`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
      signal,
      keepalive: false,
      redirect: 'error',
      proxy: false, // the way to this machine leads through none
      timeout: false, // a model may take minutes to load
    });
  } catch (thrown) {
    if (NOBODY.has(codeOf(thrown) ?? '')) return undefined;
    throw thrown;
  }
}

/** @throws WorkerError `folder.unusable` where another account could have put the file there, to be asked in our place */
function readFound(path: string): Found | undefined {
  assertTrustedFolder(dirname(path));
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw unresponsive(`cannot be found: ${path} cannot be read`, thrown);
  }
  const value: unknown = parse(text);
  if (!isFound(value)) throw unresponsive(`cannot be found: ${path} is not what a worker writes`);
  return isAlive(value.pid) ? value : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // the parser's message could echo the token
  }
}

const isFound = (value: unknown): value is Found =>
  typeof value === 'object' &&
  value !== null &&
  'url' in value &&
  typeof value.url === 'string' &&
  'token' in value &&
  typeof value.token === 'string' &&
  'pid' in value &&
  typeof value.pid === 'number';

const notRunning = (): WorkerError =>
  new WorkerError('worker.not-running', 'no worker is running with this config', {
    hint: 'Start one with `studio-worker run`.',
  });

const unresponsive = (what: string, cause?: unknown): WorkerError =>
  new WorkerError('worker.unresponsive', `the running worker ${what}`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'Read its log; restart it if it stays like this.',
  });

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
