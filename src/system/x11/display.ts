import { readFile } from 'node:fs/promises';
import { WorkerError } from '../../base/errors.ts';
import type { Environment } from '../environment.ts';
import { type DialogueOptions, openDialogue, type UnixDialogue } from '../net/unix-dialogue.ts';
import { cookieFor } from './xauthority.ts';

/*
 * A connection to an X server, for one question after the other: the handshake, then requests that have a reply (X Window
 * System Protocol, appendix B).
 */

/** Who asks: where the display and its cookie are named. */
export type DisplayEnvironment = Pick<Environment, 'get' | 'homeDir' | 'hostName'>;

export interface XDisplay extends Disposable {
  /** The root window of the first screen. */
  readonly root: number;
  /** The whole reply to a request that has one. Rejects with the number of the error that came in its place. */
  ask(request: Buffer): Promise<Buffer>;
}

const LITTLE_ENDIAN = 0x6c;
const PROTOCOL_MAJOR = 11;
const REPLY_BYTES = 32;
/** Far more than any property that is asked for here. */
const MAX_EXTRA_BYTES = 64 * 1024;

/** Opens the display of this session. Dispose of it after use. */
export async function openDisplay(environment: DisplayEnvironment, options: DialogueOptions): Promise<XDisplay> {
  const { get, homeDir, hostName } = environment;
  const display = displayNumberOf(get('DISPLAY') ?? '');
  if (display === undefined) throw noDisplay('DISPLAY names no display of this machine');
  // A display without access control needs none; one with it refuses the connection, and that is reported.
  const authority = await readFile(get('XAUTHORITY') || `${homeDir}/.Xauthority`).catch(() => Buffer.alloc(0));
  const server = openDialogue(`/tmp/.X11-unix/X${display}`, options);
  try {
    const root = await shakeHands(server, cookieFor(authority, { hostName, display }));
    return {
      root,
      async ask(request) {
        server.send(request);
        return await receiveReply(server);
      },
      [Symbol.dispose]: () => server[Symbol.dispose](),
    };
  } catch (thrown) {
    server[Symbol.dispose]();
    throw thrown;
  }
}

/** Why a display has no answer. */
export const noDisplay = (because: string): WorkerError => new WorkerError('native.unavailable', because);

/** Under Wayland X sees only its own windows and their input. */
export const isWayland = (get: Environment['get']): boolean =>
  (get('WAYLAND_DISPLAY') ?? '') !== '' || get('XDG_SESSION_TYPE') === 'wayland';

/** `:1.0` is display 1 of this machine; a display with a host is somebody else's, as with `ssh -X`. */
export function displayNumberOf(display: string): number | undefined {
  const [, number] = /^(?:unix)?:(\d{1,5})(?:\.\d+)?$/.exec(display) ?? [];
  return number === undefined ? undefined : Number(number);
}

/** A request: its number, a byte of data, and what follows in whole words of four bytes. */
export function requestOf(opcode: number, data: number, body: Buffer): Buffer {
  const request = Buffer.alloc(4 + padded(body.length));
  request.writeUInt8(opcode, 0);
  request.writeUInt8(data, 1);
  request.writeUInt16LE(request.length / 4, 2);
  body.copy(request, 4);
  return request;
}

const padded = (bytes: number): number => Math.ceil(bytes / 4) * 4;

async function shakeHands(server: UnixDialogue, cookie: Uint8Array | undefined): Promise<number> {
  server.send(encodeSetup(cookie));
  const head = await server.receive(8);
  const body = await server.receive(head.readUInt16LE(6) * 4);
  const status = head.readUInt8(0);
  if (status !== 1)
    throw noDisplay(`the display does not admit us: ${body.toString('latin1', 0, head.readUInt8(1)).trim()}`);
  return rootOf(body);
}

function encodeSetup(cookie: Uint8Array = new Uint8Array()): Buffer {
  const name = cookie.length === 0 ? '' : 'MIT-MAGIC-COOKIE-1';
  const request = Buffer.alloc(12 + padded(name.length) + padded(cookie.length));
  request.writeUInt8(LITTLE_ENDIAN, 0);
  request.writeUInt16LE(PROTOCOL_MAJOR, 2);
  request.writeUInt16LE(name.length, 6);
  request.writeUInt16LE(cookie.length, 8);
  request.write(name, 12, 'latin1');
  request.set(cookie, 12 + padded(name.length));
  return request;
}

/** The screens follow a fixed part of 32 bytes, the vendor's name, and eight bytes for each pixmap format. */
function rootOf(setup: Buffer): number {
  const screens = 32 + padded(setup.readUInt16LE(16)) + 8 * setup.readUInt8(21);
  if (setup.readUInt8(20) === 0 || screens + 4 > setup.length) throw noDisplay('the display has no screen');
  return setup.readUInt32LE(screens);
}

/** The next reply; events that may come in between are as long as its first part. */
async function receiveReply(server: UnixDialogue): Promise<Buffer> {
  for (;;) {
    const message = await server.receive(REPLY_BYTES);
    const kind = message.readUInt8(0);
    if (kind === 0) throw noDisplay(`the display answers with error ${message.readUInt8(1)}`);
    if (kind !== 1) continue;
    const extra = message.readUInt32LE(4) * 4;
    if (extra > MAX_EXTRA_BYTES) throw noDisplay('the display sends far more than was asked for');
    return extra === 0 ? message : Buffer.concat([message, await server.receive(extra)]);
  }
}
