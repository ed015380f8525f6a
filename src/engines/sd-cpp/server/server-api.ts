import { WorkerError } from '../../../base/errors.ts';
import type { JsonObject } from '../../../base/json.ts';
import { MIB, SECOND_MS } from '../../../base/units.ts';
import type { Http } from '../../../system/net/http.ts';

/** What an sd-server says that it can do with its model. */
export interface Capabilities {
  /** The file it loaded. */
  readonly modelPath: string;
  /** Whether it makes pictures with it. */
  readonly paints: boolean;
  readonly samplers: ReadonlySet<string>;
  readonly formats: ReadonlySet<string>;
  /** Names of request fields for pictures, such as `init_image`. */
  readonly features: ReadonlySet<string>;
}

export type JobState =
  | { readonly is: 'underway' }
  | { readonly is: 'done'; readonly bytes: Uint8Array }
  | { readonly is: 'failed'; readonly because: string };

/** The native job API of stable-diffusion.cpp's server (examples/server/api.md). */
export interface ServerApi {
  /** What it can do, or `unknown` when it answers but has no such API. @throws WorkerError `http.unreachable` */
  capabilities(): Promise<Capabilities | 'unknown'>;
  /** Queues a job and gives its id. @throws WorkerError `task.invalid` | `engine.failed` | `http.unreachable` */
  submit(request: JsonObject): Promise<string>;
  /** @throws WorkerError `engine.failed` | `http.unreachable` */
  look(id: string): Promise<JobState>;
}

/** It answers from another thread while it paints. */
const STALL_MS = 30 * SECOND_MS;
/** A large picture, and a third more for the letters it travels in. */
const MOST_ANSWER_BYTES = 512 * MIB;
const MOST_SAID = 500;

export function createServerApi(http: Pick<Http, 'request'>, port: number): ServerApi {
  async function exchange(method: 'GET' | 'POST', path: string, body?: JsonObject) {
    const { status, body: bytes } = await http.request({
      method,
      url: `http://127.0.0.1:${port}/sdcpp/v1/${path}`,
      stallMs: STALL_MS,
      maxBodyBytes: MOST_ANSWER_BYTES,
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: [new TextEncoder().encode(JSON.stringify(body))],
      }),
    });
    return { status, bytes };
  }

  return {
    async capabilities() {
      const { status, bytes } = await exchange('GET', 'capabilities');
      return status === 200 ? readCapabilities(parse(bytes)) : 'unknown';
    },
    async submit(request) {
      const { status, bytes } = await exchange('POST', 'img_gen', request);
      const answer = parse(bytes);
      const id = textOf(field(answer, 'id'));
      if (status === 202 && id !== '') return id;
      const because = `sd-server answered ${status}: ${textOf(field(answer, 'error')).slice(0, MOST_SAID)}`;
      throw new WorkerError(status === 400 ? 'task.invalid' : 'engine.failed', because);
    },
    async look(id) {
      const { status, bytes } = await exchange('GET', `jobs/${encodeURIComponent(id)}`);
      if (status !== 200) throw new WorkerError('engine.failed', `sd-server lost its job: it answers ${status}`);
      return readState(parse(bytes));
    },
  };
}

function readCapabilities(said: unknown): Capabilities | 'unknown' {
  const formats = field(said, 'output_formats_by_mode', 'img_gen');
  const features = field(said, 'features_by_mode', 'img_gen');
  const modelPath = textOf(field(said, 'model', 'path'));
  if (modelPath === '' || !Array.isArray(field(said, 'supported_modes'))) return 'unknown';
  return {
    modelPath,
    paints: textsOf(field(said, 'supported_modes')).has('img_gen'),
    samplers: textsOf(field(said, 'samplers')),
    formats: textsOf(formats),
    features: new Set(Object.entries(features ?? {}).flatMap(([name, has]) => (has === true ? [name] : []))),
  };
}

function readState(said: unknown): JobState {
  const status = textOf(field(said, 'status'));
  if (status === 'queued' || status === 'generating') return { is: 'underway' };
  const images = field(said, 'result', 'images');
  const picture = Array.isArray(images) ? textOf(field(images[0], 'b64_json')) : '';
  if (status === 'completed' && picture !== '') return { is: 'done', bytes: decoded(picture) };
  const because = textOf(field(said, 'error', 'message')) || `its job ended ${status || 'in no known way'}`;
  return { is: 'failed', because: because.slice(0, MOST_SAID) };
}

function decoded(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64);
  } catch (thrown) {
    throw new WorkerError('engine.failed', 'sd-server sent a picture that cannot be read', { cause: thrown });
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

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const textsOf = (value: unknown): ReadonlySet<string> =>
  new Set(Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []);

/** Undefined for what is no JSON: its absence is noticed where a field is asked for. */
function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // an answer of something else that listens there
  }
}
