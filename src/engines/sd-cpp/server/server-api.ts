import { WorkerError } from '../../../base/errors.ts';
import type { JsonObject } from '../../../base/json.ts';
import { MIB, SECOND_MS } from '../../../base/units.ts';
import type { Http } from '../../../system/net/http.ts';
import { readCapabilities, readJob, readQueued, readRefusal, type ServerCapabilities } from './messages.ts';

/** It could not be reached, or answered with too much. Its process shows whether it is gone. */
export interface NoAnswer {
  readonly is: 'no-answer';
  readonly cause: unknown;
}

/** How a job of the server stands. */
export type ServerJobState =
  | { readonly is: 'running' }
  | { readonly is: 'done'; readonly bytes: Uint8Array }
  | { readonly is: 'failed'; readonly because: string };

/** The native job API of stable-diffusion.cpp's server (examples/server/api.md). */
export interface ServerApi {
  /** What it can do, or `unknown` when it answers but has no such API. */
  capabilities(): Promise<ServerCapabilities | 'unknown' | NoAnswer>;
  /** Queues a job and gives its id. @throws WorkerError `task.invalid` | `engine.failed` */
  submit(request: JsonObject): Promise<{ readonly is: 'queued'; readonly id: string } | NoAnswer>;
  /** Asks it to end a job. False when it does not. */
  cancel(id: string): Promise<boolean>;
  /** @throws WorkerError `engine.failed` */
  jobState(id: string): Promise<ServerJobState | NoAnswer>;
}

/** It answers from another thread while it works. */
const STALL_MS = 30 * SECOND_MS;
/** A large image, and a third more for Base64. */
const MAX_ANSWER_BYTES = 512 * MIB;
const MAX_REASON_LENGTH = 500;

/** The API of a server on this machine. A request is abandoned when nothing moves for half a minute. */
export function createServerApi(http: Pick<Http, 'request'>, port: number): ServerApi {
  const exchange = createExchange(http, port);
  return {
    async capabilities() {
      const answer = await exchange('GET', 'capabilities');
      if (answer.is === 'no-answer') return answer;
      const read = answer.status === 200 ? readCapabilities(answer.bytes) : undefined;
      return read?.is === 'read' ? read.value : 'unknown';
    },
    async submit(request) {
      const answer = await exchange('POST', 'img_gen', request);
      if (answer.is === 'no-answer') return answer;
      const { status, bytes } = answer;
      const queued = status === 202 ? readQueued(bytes) : undefined;
      if (queued?.is === 'read') return { is: 'queued', id: queued.value.id };
      const problem = queued?.problem ?? reasonOf(bytes);
      const because = `sd-server answered ${status}: ${problem.slice(0, MAX_REASON_LENGTH)}`;
      if (status !== 400) throw new WorkerError('engine.failed', because);
      throw new WorkerError('task.invalid', because, { hint: 'Correct in the job what sd-server names.' });
    },
    async cancel(id) {
      const answer = await exchange('POST', `jobs/${encodeURIComponent(id)}/cancel`, {});
      return answer.is === 'answer' && answer.status === 200;
    },
    async jobState(id) {
      const answer = await exchange('GET', `jobs/${encodeURIComponent(id)}`);
      if (answer.is === 'no-answer') return answer;
      if (answer.status === 200) return stateOf(answer.bytes);
      throw new WorkerError('engine.failed', `sd-server lost its job: it answered ${answer.status}`);
    },
  };
}

type Exchange = (method: 'GET' | 'POST', path: string, body?: JsonObject) => Promise<HttpAnswer | NoAnswer>;

const createExchange =
  (http: Pick<Http, 'request'>, port: number): Exchange =>
  async (method, path, body) => {
    try {
      const { status, body: bytes } = await http.request({
        method,
        url: `http://127.0.0.1:${port}/sdcpp/v1/${path}`,
        stallMs: STALL_MS,
        maxBodyBytes: MAX_ANSWER_BYTES,
        ...(body !== undefined && {
          headers: { 'content-type': 'application/json' },
          body: [new TextEncoder().encode(JSON.stringify(body))],
        }),
      });
      return { is: 'answer', status, bytes };
    } catch (cause) {
      return { is: 'no-answer', cause };
    }
  };

interface HttpAnswer {
  readonly is: 'answer';
  readonly status: number;
  readonly bytes: Uint8Array;
}

/** Why it did not take a job, in its own words where it has any. */
function reasonOf(answer: Uint8Array): string {
  const read = readRefusal(answer);
  return read.is === 'read' ? read.value.error : read.problem;
}

function stateOf(answer: Uint8Array): ServerJobState {
  const read = readJob(answer);
  if (read.is === 'unreadable') return { is: 'failed', because: `its answer cannot be read: ${read.problem}` };
  const { status, result, error } = read.value;
  if (status === 'queued' || status === 'generating') return { is: 'running' };
  const [image] = result?.images ?? [];
  if (status === 'completed' && image !== undefined) return { is: 'done', bytes: decoded(image.b64_json) };
  const because = error?.message || `its job ended ${status || 'in no known way'}`;
  return { is: 'failed', because: because.slice(0, MAX_REASON_LENGTH) };
}

function decoded(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64);
  } catch (thrown) {
    throw new WorkerError('engine.failed', 'sd-server sent an image that cannot be read', { cause: thrown });
  }
}
