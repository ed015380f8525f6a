/** The events of one socket. Every socket ends in exactly one `onClosed`, whatever went wrong. */
export interface SocketEvents {
  readonly onOpened: () => void;
  readonly onText: (text: string) => void;
  readonly onBinary: (sizeBytes: number) => void;
  readonly onClosed: (end: SocketEnd) => void;
}

/** How a socket ended, whichever side ended it. */
export interface SocketEnd {
  /** Close code; 1006 when there was no close frame. */
  readonly code: number;
  /** The peer's reason, or what went wrong, for the log. */
  readonly reason: string;
  /** Present when the upgrade was answered with something other than 101. */
  readonly refused?: {
    readonly status: number;
    readonly body: string;
    /** Milliseconds asked for by `Retry-After`. */
    readonly retryAfterMs?: number;
  };
}

/** One WebSocket. A session uses many, one at a time. */
export interface Socket {
  /** Whether the text was handed to an open socket. */
  send(text: string): boolean;
  /** Bytes handed over but not yet written to the network. */
  readonly bufferedBytes: number;
  /** Sends a close frame; a peer that ignores it is cut after `graceMs`. */
  close(code: number, reason: string, graceMs?: number): void;
  /** Cuts the connection without a close frame. */
  terminate(): void;
}

/** Where to connect, and the sub-protocol that the peer must echo. */
export interface SocketOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: string;
}

/** Opens sockets. The real one honours the proxy variables of the environment and checks the echoed sub-protocol. */
export interface Sockets {
  connect(options: SocketOptions, events: SocketEvents): Socket;
}
