import { unlessAborted } from '../../base/abort.ts';
import { bytesIn, joinBytes, readLimited } from '../../base/bytes.ts';
import { WorkerError } from '../../base/errors.ts';
import { createStallTimer } from '../../base/stall-timer.ts';
import { formatBytes, formatDuration, KIB, MIB, MINUTE_MS } from '../../base/units.ts';
import type { Clock } from '../clock.ts';
import type { Http, HttpRequest, HttpResponse } from './http.ts';
import { proxyFor } from './proxy.ts';
import { nextUrl } from './redirects.ts';

/*
 * HTTP over the runtime's fetch. Tried against raw peers on Bun 1.4.5: a stream under an explicit `Content-Length` goes
 * out with that header and without chunked encoding; its pulls follow the peer's pace once the system's buffers are
 * full; an answer given in the middle of an upload arrives; an abort cuts the socket at once. So the pulls of an upload
 * and the chunks of an answer are the bytes that move, and a timer between two of them is a stall timer. One price: when
 * a streamed upload is answered within about a millisecond of its last byte, the runtime drops the connection.
 */

export interface HttpOptions {
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  /** Looks up the proxy variables. */
  readonly env: (name: string) => string | undefined;
  readonly userAgent?: string;
  /** Largest answer that is read when a request names none; 1 MiB when left out. */
  readonly maxBodyBytes?: number;
}

/** An answer is a page at most: one that is still trickling after this long holds up its caller. */
const ANSWER_MS = 2 * MINUTE_MS;
/** One step of upload progress: a peer that needs longer than the stall limit for this little counts as frozen. */
const PIECE_BYTES = 256 * KIB;
const MAX_REDIRECTS = 5;

/** The real thing. Keeps connections alive between requests and honours the proxy variables of the environment. */
export function createHttp(options: HttpOptions): Http {
  return {
    async request(request) {
      let url = request.url;
      for (let hops = 0; ; hops++) {
        const response = await exchange(request, url, options);
        const next = nextUrl(request, url, response);
        if (next === undefined || hops === MAX_REDIRECTS) return response;
        url = next;
      }
    },
  };
}

async function exchange(request: HttpRequest, url: string, options: HttpOptions): Promise<HttpResponse> {
  const timer = timeExchange(request, options.clock);
  try {
    const answer = fetch(url, {
      method: request.method,
      headers: headersOf(request, options.userAgent),
      redirect: 'manual',
      signal: timer.signal,
      ...(request.body === undefined ? {} : { body: bodyOf(request.body, timer) }),
      // Left out, the runtime would read the environment by rules of its own and send loopback through a proxy too.
      proxy: proxyFor(url, options.env) ?? false,
    });
    const response = await unlessAborted(answer, timer.signal);
    timer.answered();
    const maxBytes = request.maxBodyBytes ?? options.maxBodyBytes ?? MIB;
    const body = await unlessAborted(readBody(response, maxBytes, timer), timer.signal);
    const { status, statusText } = response;
    return { status, statusText, headers: Object.fromEntries(response.headers), body };
  } catch (thrown) {
    if (request.signal?.aborted === true) throw request.signal.reason;
    if (thrown instanceof WorkerError) throw thrown;
    throw unreachable(request, url, 'got no answer', thrown);
  } finally {
    timer.stop();
  }
}

/** How long an exchange may take, by what it does. */
interface ExchangeTimer {
  /** Aborts when the caller does, when no byte moved for the stall time, or when the answer takes too long as a whole. */
  readonly signal: AbortSignal;
  moved(): void;
  /** The last piece was handed over; what the system still buffers drains unseen. */
  handedOver(): void;
  /** The answer begins. From here, or from the last byte of the request if that is later, its time is counted. */
  answered(): void;
  stop(): void;
}

function timeExchange(request: HttpRequest, clock: HttpOptions['clock']): ExchangeTimer {
  const startedMs = clock.elapsed();
  const failed = (what: string): WorkerError => unreachable(request, request.url, what);
  const stall = createStallTimer({
    clock,
    limitMs: request.stallMs,
    reason: (limitMs) => failed(`moved no byte for ${formatDuration(limitMs)}`),
  });
  const answer = createStallTimer({
    clock,
    limitMs: request.answerMs ?? ANSWER_MS,
    reason: (limitMs) => failed(`took longer than ${formatDuration(limitMs)} to answer`),
  });
  answer.pause();
  let isSent = bytesIn(request.body ?? []) <= PIECE_BYTES;
  let isAnswering = false;
  const countAnswer = (): void => {
    if (isSent && isAnswering) answer.resume();
  };
  return {
    signal: AbortSignal.any([stall.signal, answer.signal, ...(request.signal === undefined ? [] : [request.signal])]),
    moved: () => stall.moved(),
    handedOver: () => {
      // The tail in the system's buffers moves at the pace of what went before it, so it may take as long again.
      stall.moved(request.stallMs + clock.elapsed() - startedMs);
      isSent = true;
      countAnswer();
    },
    answered: () => {
      stall.moved();
      isAnswering = true;
      countAnswer();
    },
    stop: () => {
      stall.stop();
      answer.stop();
    },
  };
}

function headersOf(request: HttpRequest, userAgent: string | undefined): Record<string, string> {
  return {
    ...(userAgent === undefined ? {} : { 'user-agent': userAgent }),
    ...request.headers,
    ...(request.body === undefined ? {} : { 'content-length': String(bytesIn(request.body)) }),
  };
}

function bodyOf(
  parts: readonly Uint8Array[],
  timer: ExchangeTimer,
): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> {
  let leftBytes = bytesIn(parts);
  if (leftBytes <= PIECE_BYTES) return joinBytes(parts);
  const pieces = piecesOf(parts);
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { value: piece = new Uint8Array() } = pieces.next();
        leftBytes -= piece.byteLength;
        controller.enqueue(piece);
        if (leftBytes > 0) return timer.moved();
        // Closed together with the last piece: an answer that overtakes the close would cost us the connection.
        controller.close();
        timer.handedOver();
      },
    },
    { highWaterMark: 0 },
  );
}

function* piecesOf(parts: readonly Uint8Array[]): Generator<Uint8Array, undefined> {
  for (const part of parts) {
    for (let at = 0; at < part.byteLength; at += PIECE_BYTES) yield part.subarray(at, at + PIECE_BYTES);
  }
}

/** Reads the answer, unpacked; each chunk counts as progress. */
function readBody(response: Response, maxBytes: number, timer: ExchangeTimer): Promise<Uint8Array> {
  const tooLarge = (): WorkerError =>
    new WorkerError('http.unreachable', `the answer is larger than ${formatBytes(maxBytes)}`, {
      fields: { status: response.status },
    });
  return readLimited(response.body === null ? null : timed(response.body, timer), { maxBytes, tooLarge });
}

async function* timed(chunks: AsyncIterable<Uint8Array>, timer: ExchangeTimer): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of chunks) {
    timer.moved();
    yield chunk;
  }
}

/** Names the origin and path alone: a query or a user part may hold a secret. */
function unreachable(request: HttpRequest, url: string, what: string, cause?: unknown): WorkerError {
  const at = URL.parse(url);
  const where = at === null ? 'an address that is no URL' : `${at.origin}${at.pathname}`;
  return new WorkerError('http.unreachable', `${request.method} ${where} ${what}`, { cause });
}
