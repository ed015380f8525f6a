import { createHash } from 'node:crypto';
import { MIB } from '../base/units.ts';
import { SUB_PROTOCOL } from '../contract/frames/close-codes.ts';
import { FEATURES } from '../contract/frames/inbound.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock } from '../system/clock.ts';
import type { Random } from '../system/random.ts';
import { problem } from './http/http.ts';
import type { WorkerSocketEvents, WorkerSocket } from './sessions/worker-socket.ts';
import { type Backends, openBackends } from './storage/backends.ts';
import type { WorkerRow } from './storage/store.ts';
import { createStudio, type Studio, type StudioParts } from './studio.ts';

/** Where a studio listens. */
export interface StudioAddress {
  readonly host: string;
  /** 0 asks for any free port. */
  readonly port: number;
}

export interface StudioOptions extends StudioAddress, Partial<Pick<StudioParts, 'sparesLoopback'>> {
  /** Created when missing. One studio at a time. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** A studio that listens. */
export interface ServedStudio {
  /** The API base that workers and the command line are given. */
  readonly url: string;
  readonly port: number;
  /** Ends every session; workers reconnect. Idempotent. */
  stop(): Promise<void>;
}

/** A studio with its data; `stop` closes that, too. */
export interface RunningStudio extends ServedStudio, Pick<Backends, 'operatorToken' | 'tokenFile'> {}

const MAX_REQUEST_BYTES = 514 * MIB;
const MAX_FRAME_BYTES = 64 * MIB;
/** Longer than the 30 s without a heartbeat that a worker may take, so that the rules decide and not the transport. */
const IDLE_SECONDS = 120;
/** The studio goes away (RFC 6455 §7.4.1). */
const GOING_AWAY = 1001;

/** What a studio takes of this runtime: hashes, and a turn of the event loop. */
export const RUNTIME: Pick<StudioParts, 'hashOf' | 'soon'> = {
  hashOf: (text) => createHash('sha256').update(text).digest('hex'),
  soon: (call) => void setImmediate(call),
};

/**
 * Opens the data and serves a studio over it; resolves once it listens.
 *
 * @throws WorkerError `studio.data-in-use` | `folder.unusable` | `disk.full`, or the system's error when the port is taken
 */
export async function startStudio(options: StudioOptions): Promise<RunningStudio> {
  const { clock, random, log, sparesLoopback = false } = options;
  const backends = await openBackends(options.dataDir, random);
  try {
    const parts = { ...backends, ...RUNTIME, clock, random, log, sparesLoopback, features: FEATURES };
    const served = serve(await createStudio(parts), options);
    const { dataDir, operatorToken, tokenFile, store } = backends;
    log.info('studio.started', { url: served.url, dataDir });
    return { ...served, operatorToken, tokenFile, stop: once(() => served.stop().then(() => store.close())) };
  } catch (thrown) {
    await backends.store.close();
    throw thrown;
  }
}

interface SocketData {
  readonly worker: WorkerRow;
  events: WorkerSocketEvents | undefined;
}
type BunSocket = Bun.ServerWebSocket<SocketData>;

/** Stands for "this request is a socket now": there is nothing left to answer. */
const UPGRADED = new Response(null, { status: 204 });

/**
 * Serves a studio, which it stops when it is stopped itself.
 *
 * @throws the system's error when the port is taken; the studio is then stopped
 */
export function serve(studio: Studio, { host, port }: StudioAddress): ServedStudio {
  const sockets = new Set<BunSocket>();
  const server = listen();
  const shownHost = server.hostname?.includes(':') === true ? `[${server.hostname}]` : server.hostname;
  return {
    url: `http://${shownHost}:${server.port}`,
    port: server.port ?? 0,
    stop: once(async () => {
      studio.stop();
      for (const socket of sockets) socket.close(GOING_AWAY, 'the studio stops');
      await server.stop(true);
    }),
  };

  function listen(): Bun.Server<SocketData> {
    try {
      return Bun.serve({
        hostname: host,
        port,
        maxRequestBodySize: MAX_REQUEST_BYTES,
        idleTimeout: IDLE_SECONDS,
        fetch: async (request, bun) => {
          const response = await studio.answer(request, {
            address: bun.requestIP(request)?.address ?? '',
            upgrade: (worker) => upgrade(bun, request, worker),
          });
          return response === UPGRADED ? undefined : response;
        },
        websocket: socketHandlers(studio, sockets),
      });
    } catch (thrown) {
      studio.stop();
      throw thrown;
    }
  }
}

function upgrade(server: Bun.Server<SocketData>, request: Request, worker: WorkerRow): Response {
  const offered = (request.headers.get('sec-websocket-protocol') ?? '').split(',').map((name) => name.trim());
  if (!offered.includes(SUB_PROTOCOL)) return problem(400, 'invalid', `the sub-protocol must be ${SUB_PROTOCOL}`);
  const headers = { 'sec-websocket-protocol': SUB_PROTOCOL };
  if (server.upgrade(request, { headers, data: { worker, events: undefined } })) return UPGRADED;
  return problem(426, 'upgrade-required', 'this route speaks WebSocket', { upgrade: 'websocket' });
}

/** Bun's socket handlers, handing over to the studio's events per socket. */
const socketHandlers = (studio: Studio, sockets: Set<BunSocket>): Bun.WebSocketHandler<SocketData> => ({
  maxPayloadLength: MAX_FRAME_BYTES,
  idleTimeout: IDLE_SECONDS,
  open: (socket) => {
    sockets.add(socket);
    socket.data.events = studio.openSocket(workerSocket(socket), socket.data.worker);
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

const workerSocket = (socket: BunSocket): WorkerSocket => ({
  send: (text) => void socket.send(text),
  close: (code, reason) => socket.close(code, reason),
  terminate: () => socket.terminate(),
});

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}
