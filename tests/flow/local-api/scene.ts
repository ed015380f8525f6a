import type { ServedApi } from '../../../src/compose/worker/local-api.ts';
import { serveLocalApi } from '../../fakes/serve-local-api.ts';
import { setup as setupScene, type Scene, type SceneChoice } from '../harness.ts';

/** One answer, its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
}

/** A request as a program sends it; the token of the API unless `headers` say otherwise. */
export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** A live worker with its API, and a program that speaks to it. */
export interface ApiScene extends Scene {
  readonly api: ServedApi;
  ask(path: string, ask?: Ask): Promise<Answer>;
  post(path: string, body?: unknown): Promise<Answer>;
}

export async function setupApi(choice: SceneChoice = {}): Promise<ApiScene> {
  // Any port but the known one: tests run side by side.
  const scene = await setupScene({ ...choice, config: { local_api_port: 0, ...choice.config } });
  const { composed, effects, config, log, engines } = scene.worker;
  const api = await serveLocalApi(composed, { effects, config, log, engines });
  if (api === undefined) throw new Error(`the API does not listen: ${scene.worker.stderr()}`);
  const ask = (path: string, request: Ask = {}): Promise<Answer> =>
    answerOf(`${api.url}${path}`, {
      ...request,
      headers: { authorization: `Bearer ${api.token}`, ...request.headers },
    });
  return {
    ...scene,
    api,
    ask,
    post: (path, body) => ask(path, { method: 'POST', ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await scene[Symbol.asyncDispose]();
    },
  };
}

/** Sends exactly these headers. */
export async function answerOf(url: string, { method = 'GET', headers = {}, body }: Ask): Promise<Answer> {
  const response = await fetch(url, { method, headers, keepalive: false, ...(body === undefined ? {} : { body }) });
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? (JSON.parse(text) as unknown) : undefined,
  };
}

/** One server-sent event. */
export interface Sent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/** A subscriber, which takes events as they come. */
export interface Subscriber extends AsyncDisposable {
  /** The next event of these names; those before it are passed over. */
  next(...names: readonly string[]): Promise<Sent>;
}

export async function subscribe(api: ServedApi, lastEventId?: string): Promise<Subscriber> {
  const leaving = new AbortController();
  const response = await fetch(`${api.url}/events`, {
    signal: leaving.signal,
    headers: {
      authorization: `Bearer ${api.token}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
    },
  });
  if (response.body === null || response.status !== 200) throw new Error(`status ${response.status}`);
  const events = eventsIn(response.body);
  return {
    async next(...names) {
      for (;;) {
        const { done, value } = await events.next();
        if (done === true) throw new Error(`the stream ended before ${names.join(' or ')}`);
        if (names.length === 0 || names.includes(value.event)) return value;
      }
    },
    [Symbol.asyncDispose]() {
      leaving.abort();
      return Promise.resolve();
    },
  };
}

async function* eventsIn(body: ReadableStream<Uint8Array>): AsyncGenerator<Sent> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line) => /^(\w+): (.*)$/s.exec(line)?.slice(1) as [string, string]),
      );
      const data = fields.get('data');
      if (data !== undefined) {
        yield { id: fields.get('id') ?? '', event: fields.get('event') ?? '', data: JSON.parse(data) as unknown };
      }
    }
  }
}
