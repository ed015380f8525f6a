import { WorkerError } from '../../../base/errors.ts';
import type { JsonObject } from '../../../base/json.ts';
import { MIB, SECOND_MS } from '../../../base/units.ts';
import type { Http } from '../../../system/net/http.ts';

/** What an sd-server reports that it can do with its model. */
export interface ServerCapabilities {
  /** The file it loaded. */
  readonly modelPath: string;
  /** Whether it generates images with it. */
  readonly makesImages: boolean;
  readonly samplers: ReadonlySet<string>;
  readonly formats: ReadonlySet<string>;
  /** LoRA files that it found in its folder, by name. */
  readonly loras: ReadonlySet<string>;
  /** Names of request fields for images, such as `init_image`. */
  readonly features: ReadonlySet<string>;
}

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
      return answer.status === 200 ? readCapabilities(parse(answer.bytes)) : 'unknown';
    },
    async submit(request) {
      const answer = await exchange('POST', 'img_gen', request);
      if (answer.is === 'no-answer') return answer;
      const { status, bytes } = answer;
      const value = parse(bytes);
      const id = textOf(field(value, 'id'));
      if (status === 202 && id !== '') return { is: 'queued', id };
      const because = `sd-server answered ${status}: ${textOf(field(value, 'error')).slice(0, MAX_REASON_LENGTH)}`;
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
      if (answer.status === 200) return readState(parse(answer.bytes));
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

function readCapabilities(answer: unknown): ServerCapabilities | 'unknown' {
  const formats = field(answer, 'output_formats_by_mode', 'img_gen');
  const features = field(answer, 'features_by_mode', 'img_gen');
  const modelPath = textOf(field(answer, 'model', 'path'));
  if (modelPath === '' || !Array.isArray(field(answer, 'supported_modes'))) return 'unknown';
  return {
    modelPath,
    makesImages: textsOf(field(answer, 'supported_modes')).has('img_gen'),
    samplers: textsOf(field(answer, 'samplers')),
    formats: textsOf(formats),
    loras: textsOf(pathsOf(field(answer, 'loras'))),
    features: new Set(Object.entries(features ?? {}).flatMap(([name, has]) => (has === true ? [name] : []))),
  };
}

function readState(answer: unknown): ServerJobState {
  const status = textOf(field(answer, 'status'));
  if (status === 'queued' || status === 'generating') return { is: 'running' };
  const images = field(answer, 'result', 'images');
  const image = Array.isArray(images) ? textOf(field(images[0], 'b64_json')) : '';
  if (status === 'completed' && image !== '') return { is: 'done', bytes: decoded(image) };
  const because = textOf(field(answer, 'error', 'message')) || `its job ended ${status || 'in no known way'}`;
  return { is: 'failed', because: because.slice(0, MAX_REASON_LENGTH) };
}

function decoded(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64);
  } catch (thrown) {
    throw new WorkerError('engine.failed', 'sd-server sent an image that cannot be read', { cause: thrown });
  }
}

/** What is at a path of names; undefined where there is nothing. */
function field(value: unknown, ...names: readonly string[]): unknown {
  let at = value;
  for (const name of names) {
    at = typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? Reflect.get(at, name) : undefined;
  }
  return at;
}

/** The `path` of each entry. */
const pathsOf = (entries: unknown): unknown =>
  Array.isArray(entries) ? entries.map((entry) => field(entry, 'path')) : [];

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const textsOf = (value: unknown): ReadonlySet<string> =>
  new Set(Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []);

/** Undefined for what is not JSON: its absence is noticed where a field is asked for. */
function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // an answer of something else that listens there
  }
}
