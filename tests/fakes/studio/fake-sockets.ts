import type { Clock } from '../../../src/system/clock.ts';
import type { Socket, SocketEnd, SocketEvents, SocketOptions, Sockets } from '../../../src/system/net/socket.ts';

/** Sockets without a network. A peer is a function that is handed each new socket and plays the other side. */
export class FakeSockets implements Sockets {
  readonly all: FakeSocket[] = [];
  readonly #clock: Pick<Clock, 'after'>;
  readonly #peer: (socket: FakeSocket) => void;

  constructor(clock: Pick<Clock, 'after'>, peer: (socket: FakeSocket) => void = () => {}) {
    this.#clock = clock;
    this.#peer = peer;
  }

  connect(options: SocketOptions, events: SocketEvents): FakeSocket {
    const socket = new FakeSocket(options, events, this.#clock);
    this.all.push(socket);
    queueMicrotask(() => this.#peer(socket));
    return socket;
  }

  /** The newest socket. */
  get last(): FakeSocket {
    const socket = this.all.at(-1);
    if (socket === undefined) throw new Error('no socket was opened');
    return socket;
  }
}

/** Both ends of one socket. The first methods are ours, those under "the peer" are the other side's. */
export class FakeSocket implements Socket {
  readonly sent: string[] = [];
  /** How we left: the close code and reason, or nothing while we have not. */
  left: { readonly code: number; readonly reason: string } | undefined;
  bufferedBytes = 0;
  /** A deaf peer ignores the close frame. */
  deaf = false;
  onSent: (text: string) => void = () => {};
  #at: 'connecting' | 'open' | 'closing' | 'over' = 'connecting';
  #disarm = (): void => {};

  constructor(
    readonly options: SocketOptions,
    readonly events: SocketEvents,
    readonly clock: Pick<Clock, 'after'>,
  ) {}

  send(text: string): boolean {
    if (this.#at !== 'open') return false;
    this.sent.push(text);
    queueMicrotask(() => this.onSent(text));
    return true;
  }

  close(code: number, reason: string, graceMs = 5_000): void {
    if (this.#at === 'over' || this.#at === 'closing') return;
    this.left = { code, reason };
    if (this.#at === 'connecting') return this.terminate();
    this.#at = 'closing';
    if (!this.deaf) return queueMicrotask(() => this.#end({ code, reason }));
    this.#disarm = this.clock.after(graceMs, () => this.terminate());
  }

  terminate(): void {
    queueMicrotask(() => this.#end({ code: 1006, reason: 'terminated' }));
  }

  // The peer.

  open(protocol = this.options.protocol): void {
    if (protocol !== this.options.protocol) return this.#end({ code: 1006, reason: 'another sub-protocol' });
    if (this.#at !== 'connecting') return;
    this.#at = 'open';
    this.events.onOpened();
  }

  refuse(status: number, body = '', retryAfterMs?: number): void {
    const refused = { status, body: body.slice(0, 2_048), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    this.#end({ code: 1006, reason: `status ${status}`, refused });
  }

  /** Arrives while we say goodbye, too: the peer may not have heard it yet. */
  text(text: string): void {
    if (this.#at === 'open' || this.#at === 'closing') this.events.onText(text);
  }

  binary(sizeBytes: number): void {
    if (this.#at === 'open') this.events.onBinary(sizeBytes);
  }

  hangUp(code: number, reason = ''): void {
    this.#end({ code, reason });
  }

  /** The socket breaks without a close frame. */
  cut(): void {
    this.#end({ code: 1006, reason: '' });
  }

  #end(end: SocketEnd): void {
    if (this.#at === 'over') return;
    this.#at = 'over';
    this.#disarm();
    this.events.onClosed(end);
  }
}
