import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { WorkerError } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import { xdgFolder } from '../../base/process/xdg.ts';
import { sha256 } from '../disk/digest.ts';
import { assertTrustedFolder } from '../disk/private-folder.ts';
import type { Environment } from '../environment.ts';

/*
 * How a command reaches the running worker: one line of JSON there, one or more lines back, and the socket is closed.
 *
 *   command ── request\n ──▶ worker        command ◀── reply\n [reply\n …] ── worker
 *
 * What the lines hold is the business of worker/control. A reader that is slow is waited for, line by line, so nothing
 * piles up here; one that has gone aborts the signal of whoever writes to it.
 */

/** An offer to explain may hold 16 MiB, and JSON within JSON takes up to twice as much. */
const MAX_REQUEST_BYTES = 33 * MIB;
/** A peer that sends nothing is not one of our commands. */
const REQUEST_TIMEOUT_MS = 5_000;
/** The last replies of a worker that ends are written within this time, or not at all. */
const CLOSE_TIMEOUT_MS = 250;
/** `sun_path` holds 104 bytes on macOS and 108 on Linux, with a closing zero. */
const MAX_ADDRESS_BYTES = 103;

/** The line a peer sent first. `problem` never echoes it. */
export type ControlRequestLine =
  { readonly is: 'read'; readonly value: unknown } | { readonly is: 'unreadable'; readonly problem: string };

/** Every reply to one request, in order; the last one closes the socket. The signal aborts when nobody reads them. */
export type ControlHandler = (line: ControlRequestLine, signal: AbortSignal) => AsyncIterable<unknown>;

/**
 * Where the control socket of a config folder is. `path` is its place beside the config file; where that is too long
 * for a socket a short one in the runtime or temporary folder is derived from it, and Windows knows pipes by name only.
 */
export function controlAddress(path: string, environment: Pick<Environment, 'platform' | 'get' | 'tempDir'>): string {
  const key = sha256(path).toHex().slice(0, 24);
  if (environment.platform === 'win32') return `\\\\.\\pipe\\studio-worker-${key}`;
  if (Buffer.byteLength(path) <= MAX_ADDRESS_BYTES) return path;
  const short = (folder: string): string => `${folder.replace(/\/+$/, '')}/studio-worker-${key}/control.sock`;
  const preferred = short(xdgFolder(environment.get, 'XDG_RUNTIME_DIR') ?? environment.tempDir);
  return Buffer.byteLength(preferred) <= MAX_ADDRESS_BYTES ? preferred : short('/tmp');
}

/**
 * Answers requests on an address until disposed. Only the account that runs the worker gets in.
 *
 * A handler that throws costs its peer the socket and nobody else anything.
 *
 * @throws WorkerError `worker.already-running` when somebody answers there already | `folder.unusable`
 */
export async function serveControl(address: string, handle: ControlHandler): Promise<AsyncDisposable> {
  const onUnix = process.platform !== 'win32';
  if (onUnix) await claimAddress(address);
  const open = new Map<Socket, Promise<void>>();
  const stopping = new AbortController();
  const server = createServer((socket) => {
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    open.set(socket, closed);
    void closed.then(() => open.delete(socket));
    void converse(socket, handle, stopping.signal);
  });
  await listen(server, address);
  server.unref(); // a control socket alone is no reason to keep a process alive

  return {
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      stopping.abort();
      const timer = setTimeout(() => {
        for (const socket of open.keys()) socket.destroy();
      }, CLOSE_TIMEOUT_MS);
      await Promise.all(open.values());
      clearTimeout(timer);
      await closed;
      if (onUnix) rmSync(address, { force: true });
    },
  };
}

/** Makes the folder and removes what a killed worker left behind, but never a socket that answers. */
async function claimAddress(address: string): Promise<void> {
  assertTrustedFolder(dirname(address)); // before a folder is made in it
  mkdirSync(dirname(address), { recursive: true, mode: 0o700 });
  assertTrustedFolder(dirname(address));
  const socket = connect(address);
  const answers = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  socket.destroy();
  if (answers) {
    throw new WorkerError('worker.already-running', `another worker answers at ${address}`, {
      hint: 'Stop it first, or start this one with another --config: `studio-worker status` shows the one that runs.',
    });
  }
  rmSync(address, { force: true });
}

/** The mask makes the socket owner-only from its first moment: listening creates it before `listen` returns. */
function listen(server: Server, address: string): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => resolve());
    const mask = process.umask(0o177);
    try {
      server.listen(address);
    } finally {
      process.umask(mask);
    }
  }).then(() => {
    if (process.platform !== 'win32') chmodSync(address, 0o600);
  });
}

async function converse(socket: Socket, handle: ControlHandler, stopping: AbortSignal): Promise<void> {
  const unread = new AbortController();
  socket.setTimeout(REQUEST_TIMEOUT_MS, () => socket.destroy());
  socket.on('error', () => {}); // the command went away: nobody is left to answer
  socket.once('close', () => unread.abort());
  try {
    const line = await readRequest(socket);
    if (line === undefined) return;
    socket.setTimeout(0); // from here on we are the ones who take time
    for await (const reply of handle(line, AbortSignal.any([unread.signal, stopping]))) {
      if (!(await write(socket, `${JSON.stringify(reply)}\n`))) return;
    }
    socket.end();
  } catch {
    socket.destroy(); // a peer that sees its socket cut knows that something went wrong
  }
}

/** Writes a line once the peer has taken the one before. False when nobody reads any more. */
async function write(socket: Socket, line: string): Promise<boolean> {
  if (socket.destroyed) return false;
  if (socket.write(line)) return true;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.once('drain', done).once('close', done);
  });
  return !socket.destroyed;
}

/** The first line of a peer; what it sends after that is not kept. Undefined for one that went away before. */
async function readRequest(socket: Socket): Promise<ControlRequestLine | undefined> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  let end = -1;
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  const onData = (chunk: Buffer): void => {
    if (end >= 0) return;
    end = chunk.indexOf(0x0a);
    chunks.push(end < 0 ? chunk : chunk.subarray(0, end));
    sizeBytes += chunk.byteLength;
    if (end >= 0 || sizeBytes > MAX_REQUEST_BYTES) resolve();
  };
  socket.on('data', onData).once('close', resolve);
  await enough;
  socket.off('data', onData).off('close', resolve).resume();
  if (sizeBytes > MAX_REQUEST_BYTES) return { is: 'unreadable', problem: `a line may hold ${MAX_REQUEST_BYTES} bytes` };
  if (end < 0) return undefined;
  return parseRequest(Buffer.concat(chunks).toString('utf8'));
}

function parseRequest(text: string): ControlRequestLine {
  try {
    return { is: 'read', value: JSON.parse(text) as unknown };
  } catch {
    return { is: 'unreadable', problem: 'not a line of JSON' }; // the parser's own message could echo the line
  }
}
