import { readLimited } from '../../base/bytes.ts';
import { errorChain, WorkerError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { formatBytes, MIB, SECOND_MS } from '../../base/units.ts';
import { mayHoldSecret, isLoopback, shownUrl } from '../../base/urls.ts';
import type { Clock } from '../../system/clock.ts';
import type { Read } from '../../contract/read.ts';
import type { AskApp } from '../../system/net/web-app.ts';
import { type AppFunction, type ListedEndpoint, readConfig, readInfo, type SentPage, type Widget } from './messages.ts';

/** What asking the app takes. */
export interface AppAccess {
  readonly ask: AskApp;
  readonly clock: Pick<Clock, 'after'>;
  readonly signal: AbortSignal;
}

/** A Gradio app that answered, and how it describes itself. */
export interface GradioApp {
  /** Without a slash at its end. */
  readonly base: string;
  /** Where its routes are, below `base`: `/gradio_api` since Gradio 5. */
  readonly apiPrefix: string;
  /** Its pages as it sent them: its client library reads them, too. */
  readonly sent: { readonly config: SentPage; readonly info: SentPage };
  readonly widgets: readonly Widget[];
  readonly functions: readonly AppFunction[];
  /** By name, with its slash: `/generate`. */
  readonly endpoints: ReadonlyMap<string, ListedEndpoint>;
}

/** They describe every widget of a page, examples included. */
const MAX_PAGE_BYTES = 16 * MIB;
const PAGE_MS = 5 * SECOND_MS;

/**
 * The address of the app: this machine's own, unless the operator allows others. Prompts go there, and what comes back
 * is delivered as this worker's work.
 *
 * @throws WorkerError `engine.unavailable`
 */
export function baseOf(text: string, allowPrivate: boolean): string {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:') || mayHoldSecret(url)) {
    throw unavailable(`gradio_endpoint_url is not a plain http(s) URL: ${shownUrl(text)}`, {
      hint: 'Set it like this: `gradio_endpoint_url = "http://127.0.0.1:7860"`.',
    });
  }
  if (!isLoopback(url.hostname) && !allowPrivate) {
    throw unavailable(`gradio_endpoint_url points to another machine: ${url.host}`, {
      hint: 'Name an app on this machine, or set `allow_private_urls = true` in the config.',
    });
  }
  return url.href.replace(/\/+$/, '');
}

/**
 * Asks an app what it is.
 *
 * @throws WorkerError `engine.failed` when it does not answer | `engine.unavailable` when it is not a Gradio app or
 *   requires a login; the signal's reason
 */
export async function openApp(base: string, access: AppAccess): Promise<GradioApp> {
  const config = await readPage(`${base}/config`, readConfig, access);
  const { api_prefix: apiPrefix, components: widgets, dependencies: functions } = config.parts;
  if (config.parts.auth_required) throw needsLogin(base);
  const info = await readPage(`${base}${apiPrefix}/info`, readInfo, access);
  const sent = { config: config.sent, info: info.sent };
  return { base, apiPrefix, sent, widgets, functions, endpoints: info.parts.named_endpoints };
}

async function readPage<Page>(
  url: string,
  reader: (bytes: Uint8Array) => Read<Page>,
  access: AppAccess,
): Promise<Page> {
  const read = reader(await readApp(url, { ...access, limitMs: PAGE_MS, maxBytes: MAX_PAGE_BYTES }));
  if (read.is === 'unreadable') throw notGradio(url, read.problem);
  return read.value;
}

/** How one address is read, and the limit on its size. */
export interface AppRead extends AppAccess {
  /** Longest time for all of it. */
  readonly limitMs: number;
  readonly maxBytes: number;
}

/**
 * Reads one address of the app whole.
 *
 * @throws WorkerError `engine.failed` | `engine.unavailable`; the signal's reason
 */
export async function readApp(url: string, { ask, clock, signal, limitMs, maxBytes }: AppRead): Promise<Uint8Array> {
  const late = new AbortController();
  const disarm = clock.after(limitMs, () => late.abort(lateError(limitMs)));
  try {
    const both = AbortSignal.any([signal, late.signal]);
    const answer = await ask(url, { method: 'GET', headers: new Headers(), signal: both });
    if (answer.status === 401) throw needsLogin(url);
    if (answer.status !== 200) throw appFailed(`GET ${shownUrl(url)} -> ${answer.status}`);
    return await readLimited(answer.body, { maxBytes, tooLarge: () => tooLarge(url, maxBytes) });
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof WorkerError && !late.signal.aborted) throw thrown;
    const because = errorChain(late.signal.aborted ? late.signal.reason : thrown);
    throw new WorkerError('engine.failed', `the Gradio app at ${shownUrl(url)} does not answer: ${because}`, {
      hint: 'Start the app, or correct `gradio_endpoint_url` in the config.',
      cause: thrown,
    });
  } finally {
    disarm();
    late.abort(); // whatever is left of the answer
  }
}

const lateError = (limitMs: number): WorkerError =>
  new WorkerError('engine.failed', `no complete answer within ${limitMs / SECOND_MS} s`);

const tooLarge = (url: string, maxBytes: number): WorkerError =>
  appFailed(`${shownUrl(url)} is larger than ${formatBytes(maxBytes)}`);

/** Whether a value of an app's answer has fields. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What the operator can fix. */
export const unavailable = (message: string, { hint }: { readonly hint: string }): WorkerError =>
  new WorkerError('engine.unavailable', message, { hint });

/** What may work at another time. */
export const appFailed = (message: string, cause?: unknown): WorkerError =>
  new WorkerError('engine.failed', message, { hint: 'See the output of the Gradio app in its own terminal.', cause });

const notGradio = (url: string, problem: string): WorkerError =>
  unavailable(`${shownUrl(url)} is not a Gradio app of version 4 or later: ${problem}`, {
    hint: 'Check `gradio_endpoint_url` in the config: it is the address that `demo.launch()` prints.',
  });

const needsLogin = (url: string): WorkerError =>
  unavailable(`the Gradio app at ${shownUrl(url)} requires a login`, {
    hint: 'Start it without `auth=`: it is on this machine only.',
  });
