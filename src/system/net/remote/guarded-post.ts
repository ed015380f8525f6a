import { unlessAborted } from '../../../base/abort.ts';
import { errorChain, WorkerError } from '../../../base/errors.ts';
import { formatDuration } from '../../../base/units.ts';
import { isLoopback, shownUrl } from '../../../base/urls.ts';
import type { Clock } from '../../clock.ts';
import { hostOf, proxyFor } from '../proxy.ts';
import { firstReachable, interleaved } from './dial.ts';
import { isAddress, isPublicAddress, type Resolve } from './net-guard.ts';
import { systemResolve } from './url-check.ts';

/*
 * A POST to a URL that somebody else chose. The name is looked up here, every address that it stands for is checked, and
 * the connection goes to one of those addresses and not to the name: what the name stands for a moment later changes
 * nothing (DNS rebinding). Redirects are not followed. Behind a proxy of the operator's, which looks names up itself, the
 * same check comes first wherever this machine can look the name up.
 */

/** What is sent, and how long all of it may take. */
export interface GuardedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** From the look-up of the name to the last byte that is read. */
  readonly timeoutMs: number;
  /** An answer that is longer is cut here, which is no failure. */
  readonly maxBodyBytes: number;
  readonly signal: AbortSignal;
}

/** Any status is an answer. Header names in lower case. */
export interface GuardedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** The way to URLs that somebody else chose. */
export interface GuardedPost {
  /** @throws WorkerError `url.refused` before anything is sent | `http.unreachable`; the signal's reason on abort */
  send(request: GuardedRequest): Promise<GuardedAnswer>;
  /** Why a URL would be refused; undefined when nothing stands against it. Nothing is sent to it. */
  refusalOf(url: string, signal: AbortSignal): Promise<WorkerError | undefined>;
}

/** What it is made of. */
export interface GuardedPostOptions {
  readonly clock: Pick<Clock, 'after'>;
  /** Looks up the proxy variables. */
  readonly env: (name: string) => string | undefined;
  readonly userAgent: string;
  /** Whether addresses that are not public may be reached, and `http` be spoken. */
  readonly allowPrivate: boolean;
  /** How the operator allows that, for the hint of a refusal. */
  readonly remedy: string;
  /** The system's own when left out. */
  readonly resolve?: Resolve;
}

/** Sends over the network of this machine. */
export const createGuardedPost = (options: GuardedPostOptions): GuardedPost => ({
  send: (request) => send(request, options),
  refusalOf: async (text, signal) => {
    try {
      await waysTo(targetOf(text, options), options, signal);
      return undefined;
    } catch (thrown) {
      if (thrown instanceof WorkerError && thrown.code === 'url.refused') return thrown;
      if (signal.aborted) throw signal.reason;
      return undefined; // it may be known when something is sent to it
    }
  },
});

/** Reads a URL, and checks what needs no look-up. @throws WorkerError `url.refused` */
function targetOf(text: string, { allowPrivate, remedy }: GuardedPostOptions): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw refused(`${shownUrl(text)} is no https URL`, USE_HTTPS);
  if (url.username !== '' || url.password !== '') {
    throw refused(`${shownUrl(text)} must contain no user and no password`, 'Leave the part before the @ out.');
  }
  if (url.protocol === 'http:' && !allowPrivate)
    throw refused(`${shownUrl(text)} is not https`, `${USE_HTTPS} ${remedy}`);
  return url;
}
const USE_HTTPS = 'Give an https URL.';

const refused = (message: string, hint: string): WorkerError => new WorkerError('url.refused', message, { hint });

/** The ways to a URL: a proxy, or addresses that were checked. */
type Ways = { readonly proxy: string } | { readonly addresses: readonly string[] };

async function waysTo(url: URL, options: GuardedPostOptions, signal: AbortSignal): Promise<Ways> {
  const { allowPrivate, remedy, env } = options;
  const host = hostOf(url);
  const proxy = proxyFor(url.href, env);
  const addresses = await unlessAborted(addressesOf(host, options), signal).catch((thrown: unknown) => {
    if (signal.aborted || proxy === undefined) throw thrown;
    return []; // behind a proxy a machine need not be able to look names up
  });
  const bad = allowPrivate ? undefined : addresses.find((address) => !isPublicAddress(address));
  if (bad !== undefined) {
    throw refused(`${shownUrl(url.href)} leads to ${bad}, which is not on the public internet`, remedy);
  }
  if (proxy !== undefined) return { proxy };
  if (addresses.length === 0) throw new WorkerError('http.unreachable', `${host} has no address`);
  return { addresses };
}

async function addressesOf(host: string, { resolve = systemResolve }: GuardedPostOptions): Promise<readonly string[]> {
  if (isAddress(host)) return [host];
  // A name of this machine is this machine, whatever else is known of it (RFC 6761 §6.3).
  if (isLoopback(host)) return ['127.0.0.1', '::1'];
  return interleaved(await resolve(host));
}

async function send(request: GuardedRequest, options: GuardedPostOptions): Promise<GuardedAnswer> {
  const url = targetOf(request.url, options);
  const over = new AbortController();
  const disarm = options.clock.after(request.timeoutMs, () =>
    over.abort(unreachable(url, `did not answer within ${formatDuration(request.timeoutMs)}`)),
  );
  const signal = AbortSignal.any([request.signal, over.signal]);
  try {
    const response = await post({ request, url, options, signal });
    await readSome(response, request.maxBodyBytes, signal);
    return { status: response.status, headers: Object.fromEntries(response.headers) };
  } catch (thrown) {
    if (request.signal.aborted) throw request.signal.reason;
    throw thrown instanceof WorkerError ? thrown : unreachable(url, `got no answer: ${errorChain(thrown)}`, thrown);
  } finally {
    disarm();
    over.abort(unreachable(url, 'the exchange is over')); // whatever is left of the answer is not read
  }
}

interface Post {
  readonly request: GuardedRequest;
  readonly url: URL;
  readonly options: GuardedPostOptions;
  readonly signal: AbortSignal;
}

async function post({ request, url, options, signal }: Post): Promise<Response> {
  const ways = await waysTo(url, options, signal);
  const target = new URL(url);
  if ('addresses' in ways) {
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    const [only = '', ...others] = ways.addresses;
    const address =
      others.length === 0 ? only : await firstReachable(ways.addresses, { port, clock: options.clock, signal });
    target.hostname = address.includes(':') ? `[${address}]` : address;
  }
  const host = hostOf(url);
  const answer = fetch(target, {
    method: 'POST',
    headers: { 'user-agent': options.userAgent, ...request.headers, host: url.host },
    body: request.body,
    redirect: 'manual',
    signal,
    // Each answer has a connection of its own: one that is shared by address could carry another name's certificate.
    keepalive: false,
    decompress: false,
    proxy: 'proxy' in ways ? ways.proxy : false,
    ...(url.protocol === 'https:' && !isAddress(host) ? { tls: { serverName: host } } : {}),
  });
  return await unlessAborted(answer, signal);
}

/** Lets a receiver that is about to close its answer do so, and reads no more than that takes. */
async function readSome(response: Response, maxBytes: number, signal: AbortSignal): Promise<void> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  let bytes = 0;
  while (bytes < maxBytes) {
    const { done, value } = await unlessAborted(reader.read(), signal);
    if (done) return;
    bytes += value.byteLength;
  }
}

const unreachable = (url: URL, what: string, cause?: unknown): WorkerError =>
  new WorkerError('http.unreachable', `POST ${shownUrl(url.href)} ${what}`, { cause });
