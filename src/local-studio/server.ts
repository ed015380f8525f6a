import { createHash } from 'node:crypto';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errorChain, WorkerError } from '../base/errors.ts';
import { MIB } from '../base/units.ts';
import { SUB_PROTOCOL } from '../contract/frames/close-codes.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock } from '../system/clock.ts';
import type { Random } from '../system/random.ts';
import { type Connection, type ConnectionDeps, openConnection, type StudioSocket } from './sessions/connection.ts';
import type { StudioEvent } from './sessions/state.ts';
import { openDiskArtifacts } from './storage/disk-artifacts.ts';
import { problem } from './http/http.ts';
import { loadOperatorToken, OPERATOR_TOKEN_FILE } from './storage/operator-token.ts';
import { openSqliteStore } from './storage/sqlite-store.ts';
import type { Store, WorkerRow } from './storage/store.ts';
import { createStudio, type StudioCore, type StudioFaults } from './studio.ts';

export interface StudioOptions {
  readonly host: string;
  /** 0 asks for any free port. */
  readonly port: number;
  /** Created when missing. One studio at a time. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Whether workers on this machine may register as often as they like. */
  readonly sparesLoopback?: boolean;
  /** Hears what the studio does, for tests and measurements. Must not throw. */
  readonly onEvent?: (event: StudioEvent) => void;
  /** Misbehaviour that tests ask for. */
  readonly faults?: StudioFaults;
}

export interface Studio {
  /** The API base that workers and the command line are given. */
  readonly url: string;
  readonly port: number;
  readonly operatorToken: string;
  /** The file with the operator token. */
  readonly tokenFile: string;
  readonly store: Store;
  /** A worker's socket, for tests that send what the studio would not. */
  socketOf(workerId: string): StudioSocket | undefined;
  /** Ends every session and closes the data. Workers reconnect. Idempotent. */
  stop(): Promise<void>;
}

const DATABASE = 'studio.sqlite';
const MOST_REQUEST_BYTES = 514 * MIB;
const MOST_FRAME_BYTES = 64 * MIB;
/** Longer than a worker may be silent (30 s), so that the rules decide and not the transport. */
const IDLE_SECONDS = 120;
/** The studio goes away (RFC 6455 §7.4.1). */
const GOING_AWAY = 1001;

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Starts a studio; resolves once it listens.
 *
 * @throws WorkerError `studio.data-in-use` | `folder.unusable` | `disk.full`, or the system's error when the port is taken
 */
export async function startStudio(options: StudioOptions): Promise<Studio> {
  const dataDir = resolve(options.dataDir);
  mustBeWritable(dataDir);
  // The store first: it is what a second studio on the same folder is refused by, before it touches anything else.
  const store = await openSqliteStore(join(dataDir, DATABASE));
  try {
    const operatorToken = loadOperatorToken(join(dataDir, OPERATOR_TOKEN_FILE), options.random);
    return await serve(options, { store, dataDir, operatorToken });
  } catch (thrown) {
    await store.close();
    throw thrown;
  }
}

function mustBeWritable(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.W_OK);
  } catch (thrown) {
    throw new WorkerError('folder.unusable', `cannot write in ${dataDir}: ${errorChain(thrown)}`, {
      cause: thrown,
      hint: 'Make the folder writable for this account, or name another one with `--data`.',
    });
  }
}

interface SocketData {
  readonly worker: WorkerRow;
  connection: Connection | undefined;
}
type BunSocket = Bun.ServerWebSocket<SocketData>;

interface Opened {
  readonly store: Store;
  readonly dataDir: string;
  readonly operatorToken: string;
}

/** Stands for "this request is a socket now": there is nothing left to answer. */
const UPGRADED = new Response(null, { status: 204 });

async function serve(options: StudioOptions, { store, dataDir, operatorToken }: Opened): Promise<Studio> {
  const { clock, random, log, faults = {}, onEvent: emit = () => {}, sparesLoopback = false } = options;
  const soon = (call: () => void): void => void setImmediate(call);
  const sockets = new Map<string, BunSocket>();
  const artifacts = openDiskArtifacts(join(dataDir, 'artifacts'));
  const core = await createStudio({
    store,
    artifacts,
    clock,
    random,
    log,
    hashOf,
    operatorToken,
    soon,
    sparesLoopback,
    faults,
    emit,
    upgrade: (request, worker) => upgrade(server, request, worker),
  });
  const server: Bun.Server<SocketData> = Bun.serve({
    hostname: options.host,
    port: options.port,
    maxRequestBodySize: MOST_REQUEST_BYTES,
    idleTimeout: IDLE_SECONDS,
    fetch: async (request, bun) => {
      const response = await core.answer(request, bun.requestIP(request)?.address ?? '');
      return response === UPGRADED ? undefined : response;
    },
    websocket: speak({ desk: core.desk, hashOf, soon, faults }, sockets),
  });
  const host = server.hostname?.includes(':') === true ? `[${server.hostname}]` : server.hostname;
  log.info('studio.started', { url: `http://${host}:${server.port}`, dataDir });
  return {
    url: `http://${host}:${server.port}`,
    port: server.port ?? 0,
    operatorToken,
    tokenFile: join(dataDir, OPERATOR_TOKEN_FILE),
    store,
    socketOf: (workerId) => {
      const socket = sockets.get(workerId);
      return socket && wrap(socket);
    },
    stop: once(() => stop(core, server, sockets, store)),
  };
}

function upgrade(server: Bun.Server<SocketData>, request: Request, worker: WorkerRow): Response {
  const offered = (request.headers.get('sec-websocket-protocol') ?? '').split(',').map((name) => name.trim());
  if (!offered.includes(SUB_PROTOCOL)) return problem(400, 'invalid', `the sub-protocol must be ${SUB_PROTOCOL}`);
  const headers = { 'sec-websocket-protocol': SUB_PROTOCOL };
  if (server.upgrade(request, { headers, data: { worker, connection: undefined } })) return UPGRADED;
  return problem(426, 'upgrade-required', 'this route speaks WebSocket', { upgrade: 'websocket' });
}

/** Bun's socket handlers, handing over to a connection of ours per socket. */
const speak = (deps: ConnectionDeps, sockets: Map<string, BunSocket>): Bun.WebSocketHandler<SocketData> => ({
  maxPayloadLength: MOST_FRAME_BYTES,
  idleTimeout: IDLE_SECONDS,
  open: (socket) => {
    sockets.set(socket.data.worker.id, socket);
    socket.data.connection = openConnection(deps, wrap(socket), socket.data.worker);
  },
  message: (socket, message) => {
    if (typeof message === 'string') socket.data.connection?.onText(message);
    else socket.data.connection?.onBinary();
  },
  close: (socket, code) => {
    if (sockets.get(socket.data.worker.id) === socket) sockets.delete(socket.data.worker.id);
    socket.data.connection?.onClosed(code);
  },
});

const wrap = (socket: BunSocket): StudioSocket => ({
  send: (text) => void socket.send(text),
  close: (code, reason) => socket.close(code, reason),
  terminate: () => socket.terminate(),
});

async function stop(
  core: StudioCore,
  server: Bun.Server<SocketData>,
  sockets: ReadonlyMap<string, BunSocket>,
  store: Store,
): Promise<void> {
  core.stop();
  for (const socket of sockets.values()) socket.close(GOING_AWAY, 'the studio stops');
  await server.stop(true);
  await store.close();
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}
