import { lookup } from 'node:dns/promises';
import { unlessAborted } from '../../base/abort.ts';
import { errorChain, WorkerError } from '../../base/errors.ts';
import { createStallTimer, type StallTimer } from '../../base/stall-timer.ts';
import { formatDuration, KIB } from '../../base/units.ts';
import { shownUrl } from '../../base/urls.ts';
import type { Clock } from '../clock.ts';
import { checkUrl, type UrlPolicy, isAddress, pinnedAddress, type Resolve } from './net-guard.ts';
import { hostOf, proxyFor } from './proxy.ts';
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
        url = checkUrl(URL.parse(location, url)?.href ?? location, { ...policy, cameFrom: url });
      }
    },
  };
}

const systemResolve: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

interface Target {
  readonly url: URL;
  readonly proxy: string | undefined;
}

async function targetOf(url: URL, policy: UrlPolicy, options: RemoteOptions): Promise<Target> {
  const proxy = proxyFor(url.href, options.env);
  const resolve = options.resolve ?? systemResolve;
  try {
    const address = await pinnedAddress(url, policy, resolve);
    // A proxy resolves the name itself, and filters by it: it is the operator's own choice of a way out.
    if (proxy !== undefined) return { url, proxy };
    const pinned = new URL(url);
    pinned.hostname = address.includes(':') ? `[${address}]` : address;
    return { url: pinned, proxy };
  } catch (thrown) {
    if (thrown instanceof WorkerError && thrown.code === 'url.refused') throw thrown;
    // Behind a proxy a machine need not be able to look names up.
    if (proxy !== undefined && !isAddress(hostOf(url))) return { url, proxy };
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
  try {
    const target = await unlessAborted(targetOf(url, policy, options), timer.signal);
    const host = hostOf(url);
    const asked = fetch(target.url, {
      headers: { 'user-agent': options.userAgent, 'accept-encoding': 'identity', ...request.headers, host: url.host },
      redirect: 'manual',
      signal: timer.signal,
      // Each answer has a connection of its own: one that is shared by address could carry another name's certificate.
      keepalive: false,
      decompress: false,
      proxy: target.proxy ?? false,
      ...(url.protocol === 'https:' && !isAddress(host) ? { tls: { serverName: host } } : {}),
    });
    const response = await unlessAborted(asked, timer.signal);
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
