/** The server's end of one WebSocket. */
export interface ServerSocket {
  send(text: string): void;
  close(code: number, reason: string): void;
  /** Cuts the socket without a close frame. */
  terminate(): void;
}

/** What happens on a socket, in order: any number of frames, then one `onClosed`. */
export interface ServerSocketEvents {
  onText(text: string): void;
  onBinary(): void;
  onClosed(code: number): void;
}

/** Takes over a socket once it is open. */
export type OnServerSocket = (socket: ServerSocket) => ServerSocketEvents;

/** Who sent a request. */
export interface ServerPeer {
  /** Without a port; empty when it is gone. */
  readonly address: string;
  /** Turns the request into a socket. The response stands for that; undefined when the request asks for no socket. */
  upgrade(headers: Readonly<Record<string, string>>, onOpened: OnServerSocket): Response | undefined;
  /** The connection may be idle as long as its answer takes. */
  waitForAnswer(): void;
}

/** A certificate and its key, as PEM texts. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
}

/** What is served, and where. */
export interface ServeOptions {
  readonly host: string;
  /** 0 asks for any free port. */
  readonly port: number;
  /** A longer body is answered with 413. */
  readonly maxRequestBytes: number;
  /** A socket that sends a longer frame is closed. */
  readonly maxFrameBytes: number;
  /** How long a connection may be idle. */
  readonly idleSeconds: number;
  /** Serves TLS with this certificate, after it those between it and its root. */
  readonly tls?: Tls | undefined;
  /** Never rejects. */
  readonly answer: (request: Request, peer: ServerPeer) => Promise<Response>;
}

/** A server that listens. */
export interface HttpServer {
  readonly url: string;
  readonly port: number;
  /** Closes every socket with this reason, and then everything else; answers that are under way get this long to end. */
  stop(reason: string, graceMs?: number): Promise<void>;
}

/**
 * Serves HTTP and WebSocket on one port.
 *
 * @throws the system's error when the port is taken, or the certificate is none
 */
export type Serve = (options: ServeOptions) => HttpServer;

/** The server goes away (RFC 6455 §7.4.1). */
const GOING_AWAY = 1001;
/** Stands for "this request is a socket now": there is nothing left to answer. */
const UPGRADED = new Response(null, { status: 204 });

interface SocketData {
  readonly onOpened: OnServerSocket;
  events: ServerSocketEvents | undefined;
}
type BunSocket = Bun.ServerWebSocket<SocketData>;

/** On this machine's network. */
export const serve: Serve = (options) => {
  const { maxFrameBytes, idleSeconds } = options;
  const sockets = new Set<BunSocket>();
  const server = Bun.serve({
    hostname: options.host,
    port: options.port,
    maxRequestBodySize: options.maxRequestBytes,
    idleTimeout: idleSeconds,
    ...(options.tls !== undefined && { tls: { cert: options.tls.cert, key: options.tls.key } }),
    fetch: async (request, bun) => {
      const response = await options.answer(request, peerOf(request, bun));
      return response === UPGRADED ? undefined : response;
    },
    websocket: { maxPayloadLength: maxFrameBytes, idleTimeout: idleSeconds, ...socketHandlers(sockets) },
  });
  const shownHost = server.hostname?.includes(':') === true ? `[${server.hostname}]` : server.hostname;
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${shownHost}:${server.port}`,
    port: server.port ?? 0,
    stop: async (reason, graceMs = 0) => {
      for (const socket of sockets) socket.close(GOING_AWAY, reason);
      if (graceMs > 0) await within(graceMs, server.stop());
      await server.stop(true);
    },
  };
};

/** Settles with the work, or when its time is over. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}

const peerOf = (request: Request, server: Bun.Server<SocketData>): ServerPeer => ({
  address: server.requestIP(request)?.address ?? '',
  upgrade: (headers, onOpened) =>
    server.upgrade(request, { headers, data: { onOpened, events: undefined } }) ? UPGRADED : undefined,
  waitForAnswer: () => server.timeout(request, 0),
});

const socketHandlers = (sockets: Set<BunSocket>): Bun.WebSocketHandler<SocketData> => ({
  open: (socket) => {
    sockets.add(socket);
    socket.data.events = socket.data.onOpened(serverSocket(socket));
  },
  message: (socket, message) => {
    if (typeof message === 'string') socket.data.events?.onText(message);
    else socket.data.events?.onBinary();
  },
  close: (socket, code) => {
    sockets.delete(socket);
    socket.data.events?.onClosed(code);
  },
});

const serverSocket = (socket: BunSocket): ServerSocket => ({
  send: (text) => void socket.send(text),
  close: (code, reason) => socket.close(code, reason),
  terminate: () => socket.terminate(),
});
