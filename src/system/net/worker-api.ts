import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { WorkerError } from '../../base/errors.ts';
import { codeOf } from '../../base/system-code.ts';
import { assertTrustedFolder } from '../disk/private-folder.ts';
import { isAlive } from '../process/alive.ts';

/*
 * How a command reaches the API of the running worker: a file beside the config names its address and its token. A file
 * that a killed worker left behind names nobody: its process is gone, nothing listens there, or what does has another
 * token.
 */

/** Nothing listens there. Every other failure means that somebody does. */
const NOBODY = new Set(['ConnectionRefused', 'ECONNREFUSED', 'ENOENT']);

/** Where the API of a running worker is. */
interface Found {
  readonly url: string;
  readonly token: string;
  readonly pid: number;
}

/** One request to the API. */
export interface ApiAsk {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Asks the running worker, whose API the file at `foundPath` names. A worker that restarts has another token: the file
 * is read once more before nobody counts as there.
 *
 * @throws WorkerError `worker.not-running` | `worker.unresponsive` | `folder.unusable`; what `fetch` throws
 */
export async function askApi(foundPath: string, ask: ApiAsk): Promise<Response> {
  for (const isLast of [false, true]) {
    const found = readFound(foundPath);
    if (found === undefined) throw notRunning();
    const response = await send(found, ask);
    if (response !== undefined && response.status !== 401) return response;
    await response?.body?.cancel();
    if (isLast) break;
  }
  throw notRunning();
}

/** Undefined where nothing listens. */
async function send(
  { url, token }: Found,
  { method, path, body, headers, signal }: ApiAsk,
): Promise<Response | undefined> {
  try {
    return await fetch(`${url}${path}`, {
      method,
      headers: {
        ...headers,
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
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

/** Somebody is there and does not do what a worker does. */
export const unresponsive = (what: string, cause?: unknown): WorkerError =>
  new WorkerError('worker.unresponsive', `the running worker ${what}`, {
    ...(cause === undefined ? {} : { cause }),
    hint: 'Read its log; restart it if it stays like this.',
  });
