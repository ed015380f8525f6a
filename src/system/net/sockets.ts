import type { ClientRequest, IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { errorChain } from '../../base/errors.ts';
import { retryAfterMs } from '../../base/http-answer.ts';
import { cutToBytes, KIB, SECOND_MS } from '../../base/units.ts';
import type { Clock } from '../clock.ts';
import { proxyFor } from './proxy.ts';
import type { Socket, SocketEnd, SocketEvents, SocketOptions, Sockets } from './socket.ts';

/*
 * WebSockets through the runtime's built-in `ws` rather than its global WebSocket. Tried on Bun 1.4.5 against raw
 * peers: of a refused upgrade the global one gives nothing but a sentence with the status in it, and a second request
 * to ask for the rest may get another answer. The built-in `ws` hands over the very response, status, headers and body,
 * from the one connection it made, directly and through a CONNECT proxy; it refuses a peer that does not echo the
 * sub-protocol; and a round trip takes the same 20 µs. Neither has a timer of its own: who opens a socket bounds it.
 *
 * Compression stays off: frames are small JSON texts, and the window would cost each session some 300 KB.
 */

export interface SocketsOptions {
  readonly clock: Pick<Clock, 'after' | 'now'>;
  /** Looks up the proxy variables. */
  readonly env: (name: string) => string | undefined;
}

const ABNORMAL = 1006;
/** What is read of the body of a refused upgrade. */
const BODY_BYTES = 2 * KIB;
/** How long that body may take; the status alone is worth reporting. */
const BODY_MS = 2 * SECOND_MS;
const GRACE_MS = 5 * SECOND_MS;
/** RFC 6455 §5.5: a control frame carries 125 bytes, two of which are the code. */
const REASON_BYTES = 123;

/** Sockets of this machine. */
export function createSockets(options: SocketsOptions): Sockets {
  return { connect: (socket, events) => new RealSocket(socket, events, options) };
}

class RealSocket implements Socket {
  readonly #events: SocketEvents;
  readonly #clock: SocketsOptions['clock'];
  readonly #socket: WebSocket | undefined;
  #over = false;
  /** What went wrong, as far as it was reported. */
  #problem = '';
  #disarm = (): void => {};

  constructor(options: SocketOptions, events: SocketEvents, deps: SocketsOptions) {
    this.#events = events;
    this.#clock = deps.clock;
    try {
      this.#socket = this.#open(options, deps);
    } catch (thrown) {
      // A URL or a header that cannot be sent ends the socket like any other failure, once the caller holds it.
      queueMicrotask(() => this.#end({ code: ABNORMAL, reason: errorChain(thrown) }));
    }
  }

  #open({ url, headers, protocol }: SocketOptions, deps: SocketsOptions): WebSocket {
    const proxy = proxyFor(url, deps.env);
    const proxied = proxy === undefined ? {} : { proxy };
    const socket = new WebSocket(url, [protocol], { headers, perMessageDeflate: false, ...proxied });
    socket.on('unexpected-response', (request, response) => this.#onRefused(request, response));
    socket.on('open', () => {
      if (socket.protocol === protocol) return this.#over || this.#events.onOpened();
      this.#problem = `the peer did not agree to the sub-protocol ${protocol}`;
      this.terminate();
    });
    socket.on('message', (data, isBinary) => {
      if (this.#over) return;
      if (isBinary) this.#events.onBinary(data.byteLength);
      else this.#events.onText(data.toString('utf8'));
    });
    socket.on('error', (error) => (this.#problem ||= errorChain(error)));
    socket.on('close', (code, reason) => this.#end({ code, reason: reason?.toString('utf8') || this.#problem }));
    return socket;
  }

  /** Reads a little of the body, not for long, and hangs up. */
  #onRefused(request: ClientRequest, response: IncomingMessage): void {
    const body: Buffer[] = [];
    let sizeBytes = 0;
    const done = (): void => {
      const text = Buffer.concat(body).subarray(0, BODY_BYTES).toString('utf8');
      const status = response.statusCode ?? 0;
      const waitMs = retryAfterMs(response.headers['retry-after'], this.#clock.now());
      const refused = { status, body: text, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) };
      this.#end({ code: ABNORMAL, reason: `the upgrade was answered with status ${status}`, refused });
      request.destroy();
      this.#socket?.terminate();
    };
    this.#arm(BODY_MS, done);
    response.on('data', (chunk: Buffer) => {
      body.push(chunk);
      if ((sizeBytes += chunk.byteLength) >= BODY_BYTES) done();
    });
    response.on('end', done);
    response.on('error', done);
  }

  send(text: string): boolean {
    if (this.#over || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(text);
    return true;
  }

  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  close(code: number, reason: string, graceMs = GRACE_MS): void {
    if (this.#over) return;
    if (this.#socket?.readyState === WebSocket.CONNECTING) return this.terminate();
    this.#arm(graceMs, () => {
      this.#problem ||= 'the peer ignored the close frame';
      this.terminate();
    });
    this.#socket?.close(code, cutToBytes(reason, REASON_BYTES));
  }

  terminate(): void {
    if (this.#over) return;
    this.#socket?.terminate();
    // Not every way to cut a socket is followed by a close event, and none may call back into its caller.
    queueMicrotask(() => this.#end({ code: ABNORMAL, reason: this.#problem || 'terminated' }));
  }

  #end(end: SocketEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#disarm();
    this.#events.onClosed(end);
  }

  #arm(ms: number, call: () => void): void {
    this.#disarm();
    this.#disarm = this.#clock.after(ms, call);
  }
}
