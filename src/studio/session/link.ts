import { writeJson } from '../../contract/json.ts';
import type { OutboundFrame } from '../../contract/frames/outbound.ts';
import type { SocketEnd, SocketOptions, Sockets } from '../../system/net/socket.ts';

/** What the session receives from its current socket: any number of frames, then exactly one `onClosed`, then nothing. */
export interface LinkEvents {
  readonly onOpened: () => void;
  readonly onText: (text: string) => void;
  readonly onBinary: (sizeBytes: number) => void;
  readonly onClosed: (end: SocketEnd) => void;
}

/** One socket as the session uses it: no event comes from a socket that was left or has closed. */
export interface Link {
  /** False when the socket is not open: nothing was sent. */
  send(frame: OutboundFrame): boolean;
  readonly bufferedBytes: number;
  /** Closes with code 1000 and ends the events. The socket is cut when the peer does not answer in time. */
  leave(reason: string): void;
  cut(): void;
  /** Settles when the socket is gone for good. Never rejects. */
  readonly gone: Promise<void>;
}

const NORMAL_CLOSE = 1000;
/** Studio contract, timing constants: the limit on sending the close frame. */
export const CLOSE_TIMEOUT_MS = 5_000;

/** Opens a socket and forwards its events until it closes or is left. */
function openLink(sockets: Sockets, options: SocketOptions, events: LinkEvents): Link {
  const gone = Promise.withResolvers<void>();
  let listening = true;
  const socket = sockets.connect(options, {
    onOpened: () => void (listening && events.onOpened()),
    onText: (text) => void (listening && events.onText(text)),
    onBinary: (sizeBytes) => void (listening && events.onBinary(sizeBytes)),
    onClosed: (end) => {
      const wasListening = listening;
      listening = false;
      gone.resolve();
      if (wasListening) events.onClosed(end);
    },
  });
  return {
    send: (frame) => socket.send(writeJson(frame)),
    get bufferedBytes() {
      return socket.bufferedBytes;
    },
    leave(reason) {
      if (!listening) return;
      listening = false;
      socket.close(NORMAL_CLOSE, reason, CLOSE_TIMEOUT_MS);
    },
    cut: () => socket.terminate(),
    gone: gone.promise,
  };
}

/** The sockets of one session: the current one, and those that were left and have not closed yet. */
export class Links {
  readonly #sockets: Sockets;
  readonly #open = new Set<Link>();
  #current: Link | undefined;

  constructor(sockets: Sockets) {
    this.#sockets = sockets;
  }

  get current(): Link | undefined {
    return this.#current;
  }

  /** Opens a socket and makes it the current one. */
  open(options: SocketOptions, events: LinkEvents): void {
    const link = openLink(this.#sockets, options, events);
    this.#current = link;
    this.#open.add(link);
    void link.gone.then(() => this.#open.delete(link));
  }

  /** From here on there is no current socket, until the next is opened. */
  release(): void {
    this.#current = undefined;
  }

  /** Cuts the sockets that were left earlier, and resolves when the current one is gone as well. */
  async drain(): Promise<void> {
    for (const link of this.#open) if (link !== this.#current) link.cut();
    this.release();
    await Promise.all([...this.#open].map((link) => link.gone));
  }
}

/** What happened to a socket, for the log. The texts of the refusals are those of the reference worker. */
export function describeEnd(end: SocketEnd): string {
  if (end.refused?.status === 401) return '401 on websocket upgrade';
  if (end.refused !== undefined) return `the upgrade was answered with status ${end.refused.status}`;
  if (end.code === 1006) return end.reason === '' ? 'disconnected' : end.reason;
  return end.reason === '' ? `server closed ${end.code}` : `server closed ${end.code}: ${end.reason}`;
}

/** Enough of a page of HTML to see what kind it is. */
const BODY_CHARACTERS = 300;

/** The same with the body of a rejected upgrade, without which a proxy's answer cannot be told from a studio's. */
export function describeFully(end: SocketEnd): string {
  const body = end.refused?.body.trim().replaceAll(/\s+/g, ' ').slice(0, BODY_CHARACTERS) ?? '';
  return body === '' ? describeEnd(end) : `${describeEnd(end)}: ${body}`;
}
