import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chatModel } from '../../src/demo/weights/chat.ts';
import { createSseReader } from '../../src/local-api/client/sse.ts';
import { serveLoopback } from '../../src/system/net/loopback-files.ts';
import { type Direct, startDirect } from './direct.ts';
import { usageOf } from './processes.ts';
import { SCRATCH, startTaker, type Taker } from './programs.ts';
import type { Measurement } from './report.ts';
import { median } from './statistics.ts';
import { startTimedStudio } from './timed-studio.ts';
import { CLI_DEFAULTS, PROMPT } from './wire.ts';

/** How long the answers are, how often each is asked for, and how many follow what happens. */
export interface ApiSizes {
  readonly tokens: number;
  readonly times: number;
  readonly streams: number;
}

const MB = 1e6;
const CONTEXT_TOKENS = 2_048;
const ID = 'bench-chat';
/** Neither waits for a politer one; see chat. */
const SETTINGS = 'local_api_port = 0\nengine_nice = 0\n';

/** What a program of this machine waits for: the first word of a chat, several chats at once, and news. */
export async function measureApi(sizes: ApiSizes): Promise<readonly Measurement[]> {
  const folder = join(SCRATCH, 'api');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'chat.gguf');
  const layers = { count: 8, width: 4_096 };
  writeFileSync(path, chatModel({ endless: true, contextLength: CONTEXT_TOKENS, layers }));
  const served = serveLoopback();
  served.put('chat.gguf', path);
  try {
    await using studio = startTimedStudio();
    await using direct = await startDirect(path, CONTEXT_TOKENS);
    let config = '';
    await using taker = await startTaker(studio, 'worker', { settings: SETTINGS, prepare: (its) => (config = its) });
    const api = await apiIn(config);
    await api.put(served.url('chat.gguf'), 'first');
    await api.chat(1, PROMPT); // fetches and loads the model
    return [...(await chats(api, direct, sizes)), ...(await news(api, { taker, sizes, url: served.url('chat.gguf') }))];
  } finally {
    await served.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function chats(api: Api, direct: Direct, { tokens, times }: ApiSizes): Promise<readonly Measurement[]> {
  const first: number[] = [];
  const alone: number[] = [];
  for (let time = 0; time <= times; time++) {
    const seen = { first: (await api.chat(1, PROMPT)).firstMs, alone: await direct.takesMs(1, PROMPT) };
    if (time === 0) continue; // both warm up
    first.push(seen.first);
    alone.push(seen.alone);
  }
  const rates: Measurement[] = [];
  for (const count of [1, 2, 4]) {
    const since = performance.now();
    await Promise.all(Array.from({ length: count }, (_, at) => api.chat(tokens, `${PROMPT} ${at}`)));
    const perSecond = ((count * tokens) / (performance.now() - since)) * 1_000;
    rates.push({
      name: `local API: tokens of ${count === 1 ? 'one chat' : `${count} chats at once`}`,
      unit: 'tokens/s',
      measured: perSecond,
    });
  }
  const limit = { what: 'node-llama-cpp alone', measured: median(alone) };
  return [
    { name: 'local API: chat, warm, request → first token', unit: 'ms', measured: median(first), limit },
    ...rates,
  ];
}

interface News {
  readonly taker: Taker;
  readonly sizes: ApiSizes;
  readonly url: string;
}

/** How long after a change whoever follows the events learns of it: one, then many at once. */
async function news(api: Api, { taker, sizes, url }: News): Promise<readonly Measurement[]> {
  const { streams, times } = sizes;
  let change = 0;
  const measured = async (followers: readonly Follower[]): Promise<number> => {
    const took: number[] = [];
    for (let time = 0; time < times; time++) {
      const since = performance.now();
      const seen = followers.map((follower) => follower.next('catalogue'));
      await api.put(url, `change ${change++}`);
      await Promise.all(seen);
      took.push(performance.now() - since);
    }
    return median(took);
  };
  const follow = (count: number) => Promise.all(Array.from({ length: count }, () => api.follow()));
  const one = await follow(1);
  const alone = await measured(one);
  const before = usageOf(taker.pid).rssBytes;
  const many = await follow(streams);
  const together = await measured(many);
  const grown = usageOf(taker.pid).rssBytes - before;
  for (const follower of [...one, ...many]) follower.leave();
  const what = `local API: change → event at`;
  return [
    { name: `${what} one client`, unit: 'ms', measured: alone },
    { name: `${what} the last of ${streams} clients`, unit: 'ms', measured: together },
    { name: `local API: memory (RSS) of ${streams} open event streams`, unit: 'MB', measured: grown / MB },
  ];
}

interface Follower {
  next(name: string): Promise<void>;
  leave(): void;
}

interface Api {
  put(url: string, displayName: string): Promise<void>;
  /** Times from the request to the first word, and to the end. */
  chat(tokens: number, content: string): Promise<{ readonly firstMs: number }>;
  follow(): Promise<Follower>;
}

async function apiIn(folder: string): Promise<Api> {
  const found = join(folder, 'local-api.json');
  while (!existsSync(found)) await Bun.sleep(10);
  const { url, token } = JSON.parse(readFileSync(found, 'utf8')) as { readonly url: string; readonly token: string };
  const send = async (path: string, body?: object, signal?: AbortSignal): Promise<Response> => {
    const response = await fetch(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  return {
    async put(fileUrl, displayName) {
      const files = [{ role: 'model', url: fileUrl, filename: 'chat.gguf' }];
      const source = { engine: 'llama-cpp', files, cliDefaults: CLI_DEFAULTS };
      await (await send('/models', { id: ID, displayName, kind: 'llm', source })).text();
    },
    async chat(tokens, content) {
      const since = performance.now();
      const messages = [{ role: 'user', content }];
      const response = await send('/v1/chat/completions', { model: ID, messages, max_tokens: tokens, stream: true });
      let firstMs: number | undefined;
      for await (const data of eventsIn(response)) {
        if (/"content":"[^"]/.test(data.data)) firstMs ??= performance.now() - since;
      }
      return { firstMs: firstMs ?? performance.now() - since };
    },
    follow: () => followed(send),
  };
}

async function followed(send: (path: string, body?: object, signal?: AbortSignal) => Promise<Response>) {
  const leaving = new AbortController();
  const events = eventsIn(await send('/events', undefined, leaving.signal));
  return {
    async next(name: string): Promise<void> {
      for (;;) {
        const { value, done } = await events.next();
        if (done === true || value.event === name) return;
      }
    },
    leave: () => leaving.abort(),
  };
}

async function* eventsIn({ body }: Response) {
  const reader = createSseReader();
  const decoder = new TextDecoder();
  for await (const piece of body ?? []) yield* reader.read(decoder.decode(piece, { stream: true }));
}
