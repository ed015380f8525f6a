import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { ERROR_CODES, errorChain, toWorkerError, WorkerError, type ErrorCode } from '../../base/errors.ts';
import { KIB, MIB } from '../../base/units.ts';
import { sha256 } from '../disk/digest.ts';
import type { Environment } from '../environment.ts';

/*
 * How a command reaches the running worker: one line of JSON there, one line back, and the line is cut.
 *
 *   command ── {"…": …}\n ──▶ worker        command ◀── {"ok":true,"answer":…}\n ── worker
 *                                                   ◀── {"ok":false,"code":…,"message":…,"hint":…}\n
 */

const MAX_REQUEST_BYTES = 64 * KIB;
const MAX_ANSWER_BYTES = MIB;
/** A peer that says nothing is not one of our commands. */
const SILENCE_MS = 5_000;
/** `sun_path` holds 104 bytes on macOS and 108 on Linux, with a closing zero. */
const MAX_ADDRESS_BYTES = 103;

/**
 * Where the control socket of a config folder is. `path` is its place beside the config file; where that is too long
 * for a socket a short one in the runtime or temporary folder is derived from it, and Windows knows pipes by name only.
 */
export function controlAddress(path: string, environment: Pick<Environment, 'platform' | 'get' | 'tempDir'>): string {
  const key = sha256(path).toHex().slice(0, 24);
  if (environment.platform === 'win32') return `\\\\.\\pipe\\studio-worker-${key}`;
  if (Buffer.byteLength(path) <= MAX_ADDRESS_BYTES) return path;
  const short = (folder: string): string => `${folder.replace(/\/+$/, '')}/studio-worker-${key}/control.sock`;
  const preferred = short(environment.get('XDG_RUNTIME_DIR') || environment.tempDir);
  return Buffer.byteLength(preferred) <= MAX_ADDRESS_BYTES ? preferred : short('/tmp');
}

/**
 * Answers requests on an address until disposed. Only the account that runs the worker gets in.
 *
 * What `handle` throws becomes the answer; a request that is no JSON line, or too long, is answered with an error.
 *
 * @throws WorkerError `worker.already-running` when somebody answers there already
 */
export async function serveControl(
  address: string,
  handle: (request: unknown) => Promise<unknown>,
): Promise<AsyncDisposable> {
  const onUnix = process.platform !== 'win32';
  if (onUnix) await clearWay(address);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    void converse(socket, handle);
  });
  await listen(server, address);
  server.unref(); // a control socket alone is no reason to keep a process alive

  return {
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      if (onUnix) rmSync(address, { force: true });
    },
  };
}

/** Makes the folder and removes what a killed worker left behind, but never a socket that answers. */
async function clearWay(address: string): Promise<void> {
  mkdirSync(dirname(address), { recursive: true, mode: 0o700 });
  mustBeOurs(dirname(address));
  const socket = connect(address);
  const answers = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  socket.destroy();
  if (answers) throw new WorkerError('worker.already-running', `another worker answers at ${address}`);
  rmSync(address, { force: true });
}

/** In a shared folder somebody else could have made this one first, to listen in our place. */
function mustBeOurs(folder: string): void {
  const facts = lstatSync(folder, { throwIfNoEntry: false });
  const account = process.getuid?.();
  if (facts === undefined || account === 0 || facts.uid === account) return;
  throw new WorkerError('worker.not-running', `the folder ${folder} belongs to another account`, {
    hint: `Remove ${folder}, or start as the account that owns it.`,
  });
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

async function converse(socket: Socket, handle: (request: unknown) => Promise<unknown>): Promise<void> {
  socket.setTimeout(SILENCE_MS, () => socket.destroy());
  socket.on('error', () => {}); // the command went away: nobody is left to tell
  let reply: Reply;
  try {
    const line = await readLine(socket, MAX_REQUEST_BYTES);
    socket.setTimeout(0); // from here on we are the ones who take time
    reply = { ok: true, answer: await handle(parseLine(line)) };
  } catch (thrown) {
    const error = toWorkerError(thrown);
    reply = { ok: false, code: error.code, message: errorChain(error), ...(error.hint && { hint: error.hint }) };
  }
  if (!socket.destroyed) socket.end(`${JSON.stringify(reply)}\n`);
}

type Reply =
  | { readonly ok: true; readonly answer: unknown }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string; readonly hint?: string };

/**
 * Asks the running worker and gives its answer.
 *
 * @throws WorkerError `worker.not-running` when nobody answers in time, or the worker's own error
 */
export async function callControl(
  address: string,
  request: unknown,
  options: { readonly timeoutMs: number },
): Promise<unknown> {
  if (process.platform !== 'win32') mustBeOurs(dirname(address));
  const socket = connect(address);
  const timer = setTimeout(
    () => socket.destroy(new Error(`no answer within ${options.timeoutMs} ms`)),
    options.timeoutMs,
  );
  let line: string;
  try {
    socket.once('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    line = await readLine(socket, MAX_ANSWER_BYTES);
  } catch (thrown) {
    throw new WorkerError('worker.not-running', 'no worker is running with this config', {
      cause: thrown,
      hint: 'Start one with `studio-worker run`.',
    });
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
  return openReply(parseLine(line));
}

function openReply(reply: unknown): unknown {
  if (typeof reply === 'object' && reply !== null && 'ok' in reply) {
    if (reply.ok === true) return 'answer' in reply ? reply.answer : undefined;
    const { code, message, hint } = { code: '', message: '', hint: '', ...reply };
    throw new WorkerError(isErrorCode(code) ? code : 'internal', message, hint === '' ? {} : { hint });
  }
  throw new WorkerError('internal', 'the running worker answered in a way this version does not know');
}

const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(ERROR_CODES, text);

/** The first line a socket says, without its end. Rejects when it ends, fails or says more than allowed before that. */
function readLine(socket: Socket, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    socket.on('data', (chunk: Buffer) => {
      const end = chunk.indexOf(0x0a);
      chunks.push(end < 0 ? chunk : chunk.subarray(0, end));
      sizeBytes += chunk.byteLength;
      if (sizeBytes > maxBytes) reject(new WorkerError('cli.usage', `a line may hold ${maxBytes} bytes`));
      else if (end >= 0) resolve(Buffer.concat(chunks).toString('utf8'));
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new WorkerError('worker.not-running', 'the line was cut before the answer')));
  });
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (thrown) {
    throw new WorkerError('cli.usage', 'not a line of JSON', { cause: thrown });
  }
}
