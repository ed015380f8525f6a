import { unlessAborted } from '../../../base/abort.ts';
import { errorChain, WorkerError } from '../../../base/errors.ts';
import { createStallTimer, type StallTimer } from '../../../base/stall-timer.ts';
import { formatDuration, KIB } from '../../../base/units.ts';
import { shownUrl, urlInHeader } from '../../../base/urls.ts';
import type { Clock } from '../../clock.ts';
import { firstReachable } from './dial.ts';
import { checkedAddresses, checkUrl, isAddress, type Resolve, type UrlPolicy } from './net-guard.ts';
import { systemResolve } from './url-check.ts';
import { hostOf, proxyFor } from '../proxy.ts';
import type { Remote, RemoteAnswer, RemoteRequest } from './remote.ts';

/*
 * Tried on Bun 1.4.5: a fetch of `https://<address>/` with a `Host` header and `tls.serverName` sends that name in the
 * TLS handshake and checks the certificate against it, so a connection can be pinned to an address. Its body comes at
 * the reader's pace: a peer is held up a few megabytes ahead of a slow reader.
 */

export interface RemoteOptions {
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  /** Looks up the proxy variables. */
  readonly env: (name: string) => string | undefined;
  readonly userAgent: string;
  /** The system's own when left out. */
  readonly resolve?: Resolve;
  /** Whether addresses that are not public may be asked; read anew for each request. */
  readonly allowPrivate: () => boolean;
}

const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** The real thing. */
export function createRemote(options: RemoteOptions): Remote {
  return {
    async open(request) {
      const policy: UrlPolicy = { what: request.what, allowPrivate: options.allowPrivate() };
      let url = checkUrl(request.url, policy);
      for (let hops = 0; ; hops++) {
        const answer = await exchange(request, url, policy, options);
        const location = answer.headers['location'];
        if (!REDIRECTS.has(answer.status) || location === undefined) return answer;
        answer[Symbol.dispose]();
        if (hops === MAX_REDIRECTS) throw failed(url, `redirects more than ${MAX_REDIRECTS} times`);
        url = checkUrl(URL.parse(urlInHeader(location), url)?.href ?? location, { ...policy, cameFrom: url });
      }
    },
  };
}

/** The ways to one hop: a proxy, or addresses that were checked. */
type Ways = { readonly proxy: string } | { readonly addresses: readonly string[] };

async function waysTo(url: URL, policy: UrlPolicy, options: RemoteOptions): Promise<Ways> {
  const proxy = proxyFor(url.href, options.env);
  try {
    const addresses = await checkedAddresses(url, policy, options.resolve ?? systemResolve);
    // A proxy resolves the name itself, and filters by it: it is the operator's own choice of a way out.
    return proxy === undefined ? { addresses } : { proxy };
  } catch (thrown) {
    if (thrown instanceof WorkerError && thrown.code === 'url.refused') throw thrown;
    // Behind a proxy a machine need not be able to look names up.
    if (proxy !== undefined && !isAddress(hostOf(url))) return { proxy };
    throw failed(url, `cannot be reached: ${errorChain(thrown)}`, thrown);
  }
}

async function exchange(
  request: RemoteRequest,
  url: URL,
  policy: UrlPolicy,
  options: RemoteOptions,
): Promise<RemoteAnswer> {
  const timer = timeStream(request, url, options.clock);
  const hop: Hop = { request, url, userAgent: options.userAgent, clock: options.clock, signal: timer.signal };
  try {
    const ways = await unlessAborted(waysTo(url, policy, options), timer.signal);
    const response = 'proxy' in ways ? await get(hop, url, ways.proxy) : await getFromAny(hop, ways.addresses);
    timer.pause();
    timer.moved(MIN_BYTES);
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      chunks: chunksOf(response, timer, (thrown) => reasonOf(thrown, request, url)),
      [Symbol.dispose]: () => timer.cut(),
    };
  } catch (thrown) {
    timer.cut();
    throw reasonOf(thrown, request, url);
  }
}

/** One hop of a request, with the signal that ends it. */
interface Hop {
  readonly request: RemoteRequest;
  readonly url: URL;
  readonly userAgent: string;
  readonly clock: RemoteOptions['clock'];
  readonly signal: AbortSignal;
}

/** Asks the address that is reached first; when it gives no answer, the others. */
async function getFromAny(hop: Hop, addresses: readonly string[]): Promise<Response> {
  const port = Number(hop.url.port || (hop.url.protocol === 'https:' ? 443 : 80));
  let left = addresses;
  for (;;) {
    const [only = '', ...others] = left;
    const address =
      others.length === 0 ? only : await firstReachable(left, { port, clock: hop.clock, signal: hop.signal });
    const pinned = new URL(hop.url);
    pinned.hostname = address.includes(':') ? `[${address}]` : address;
    left = left.filter((other) => other !== address);
    try {
      return await get(hop, pinned);
    } catch (thrown) {
      if (hop.signal.aborted || left.length === 0) throw thrown;
    }
  }
}

function get({ request, url, userAgent, signal }: Hop, target: URL, proxy?: string): Promise<Response> {
  const host = hostOf(url);
  const asked = fetch(target, {
    headers: { 'user-agent': userAgent, 'accept-encoding': 'identity', ...request.headers, host: url.host },
    redirect: 'manual',
    signal,
    // Each answer has a connection of its own: one that is shared by address could carry another name's certificate.
    keepalive: false,
    decompress: false,
    proxy: proxy ?? false,
    ...(url.protocol === 'https:' && !isAddress(host) ? { tls: { serverName: host } } : {}),
  });
  return unlessAborted(asked, signal);
}

/** What a failed exchange is to the caller: its own abort, one of our own errors, or a broken connection. */
function reasonOf(thrown: unknown, request: RemoteRequest, url: URL): unknown {
  if (request.signal.aborted) return request.signal.reason;
  return thrown instanceof WorkerError ? thrown : failed(url, `cannot be read: ${errorChain(thrown)}`, thrown);
}

async function* chunksOf(
  response: Response,
  timer: StreamTimer,
  reason: (thrown: unknown) => unknown,
): AsyncGenerator<Uint8Array, void> {
  if (response.body === null) {
    timer.cut();
    return;
  }
  const reader = response.body.getReader();
  try {
    for (;;) {
      timer.resume();
      const { done, value } = await unlessAborted(reader.read(), timer.signal);
      if (done) return;
      timer.pause(); // a reader that takes its time is not a peer that stalls
      timer.moved(value.byteLength);
      yield value;
    }
  } catch (thrown) {
    throw reason(thrown);
  } finally {
    timer.cut();
  }
}

/** Fewer bytes than these per stall time are a stall: a host could hold a job for ever by sending one now and then. */
const MIN_BYTES = 16 * KIB;

/** How long a peer may do next to nothing, and the end of the exchange. */
interface StreamTimer extends Pick<StallTimer, 'signal' | 'pause' | 'resume'> {
  /** Notes bytes; enough of them start the stall time anew. */
  moved(bytes: number): void;
  /** Ends the exchange; harmless when it has ended. */
  cut(): void;
}

/** Aborts when the caller does, when too little moved for the request's stall time, or when it is cut. */
function timeStream(request: RemoteRequest, url: URL, clock: RemoteOptions['clock']): StreamTimer {
  const stall = createStallTimer({
    clock,
    limitMs: request.stallMs,
    reason: (limitMs) => failed(url, `moved next to nothing for ${formatDuration(limitMs)}`),
  });
  const ended = new AbortController();
  let bytesSoFar = 0;
  return {
    signal: AbortSignal.any([request.signal, stall.signal, ended.signal]),
    pause: () => stall.pause(),
    resume: () => stall.resume(),
    moved: (bytes) => {
      bytesSoFar += bytes;
      if (bytesSoFar < MIN_BYTES) return;
      bytesSoFar = 0;
      stall.moved();
    },
    cut: () => {
      stall.stop();
      ended.abort(new WorkerError('download.failed', 'the exchange was ended on our side'));
    },
  };
}

/** Names the origin and path alone: a query may hold a secret. */
const failed = (url: URL, what: string, cause?: unknown): WorkerError =>
  new WorkerError('download.failed', `GET ${shownUrl(url.href)} ${what}`, { cause });
