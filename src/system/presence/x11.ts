import { readFile } from 'node:fs/promises';
import type { Environment } from '../environment.ts';
import { type IdleSource, noIdleTime } from './source.ts';
import { type DialogueOptions, openDialogue, type UnixDialogue } from '../net/unix-dialogue.ts';
import { cookieFor } from './xauthority.ts';

/*
 * The few messages of the X protocol that lead to the idle time: the handshake, the number of the MIT-SCREEN-SAVER
 * extension, and its `QueryInfo` of the root window (X Window System Protocol, appendix B; X11 Screen Saver Extension).
 */

const LITTLE_ENDIAN = 0x6c;
const PROTOCOL_MAJOR = 11;
const QUERY_EXTENSION = 98;
const QUERY_INFO = 1;
const EXTENSION = 'MIT-SCREEN-SAVER';
const REPLY_BYTES = 32;

/** What the X server of this display knows of keyboard and pointer. Not for Wayland: there X sees only its own windows. */
export function x11Source(
  environment: Pick<Environment, 'get' | 'homeDir' | 'hostName'>,
  options: DialogueOptions,
): IdleSource {
  return {
    name: 'X11',
    async idleMs() {
      const { get, homeDir, hostName } = environment;
      if (isWayland(get)) throw noIdleTime('this is a Wayland session, whose input X11 does not see');
      const display = displayNumberOf(get('DISPLAY') ?? '');
      if (display === undefined) throw noIdleTime('DISPLAY names no display of this computer');
      const authority = await readFile(get('XAUTHORITY') || `${homeDir}/.Xauthority`).catch(() => Buffer.alloc(0));
      using server = openDialogue(`/tmp/.X11-unix/X${display}`, options);
      const root = await openDisplay(server, cookieFor(authority, { hostName, display }));
      return await queryIdle(server, root);
    },
  };
}

const isWayland = (get: Environment['get']): boolean =>
  (get('WAYLAND_DISPLAY') ?? '') !== '' || get('XDG_SESSION_TYPE') === 'wayland';

/** `:1.0` is display 1 of this computer; a display with a host is somebody else's keyboard, as with `ssh -X`. */
export function displayNumberOf(display: string): number | undefined {
  const [, number] = /^(?:unix)?:(\d{1,5})(?:\.\d+)?$/.exec(display) ?? [];
  return number === undefined ? undefined : Number(number);
}

const padded = (bytes: number): number => Math.ceil(bytes / 4) * 4;

/** The handshake. Gives the root window of the first screen. */
async function openDisplay(server: UnixDialogue, cookie: Uint8Array | undefined): Promise<number> {
  server.send(encodeSetup(cookie));
  const head = await server.receive(8);
  const body = await server.receive(head.readUInt16LE(6) * 4);
  const status = head.readUInt8(0);
  if (status !== 1)
    throw noIdleTime(`the display does not admit us: ${body.toString('latin1', 0, head.readUInt8(1)).trim()}`);
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
  if (setup.readUInt8(20) === 0 || screens + 4 > setup.length) throw noIdleTime('the display has no screen');
  return setup.readUInt32LE(screens);
}

async function queryIdle(server: UnixDialogue, root: number): Promise<number> {
  const question = Buffer.alloc(8 + EXTENSION.length);
  question.writeUInt8(QUERY_EXTENSION, 0);
  question.writeUInt16LE(question.length / 4, 2);
  question.writeUInt16LE(EXTENSION.length, 4);
  question.write(EXTENSION, 8, 'latin1');
  server.send(question);
  const extension = await receiveReply(server);
  if (extension.readUInt8(8) === 0) throw noIdleTime(`the display has no extension ${EXTENSION}`);
  const query = Buffer.alloc(8);
  query.writeUInt8(extension.readUInt8(9), 0);
  query.writeUInt8(QUERY_INFO, 1);
  query.writeUInt16LE(query.length / 4, 2);
  query.writeUInt32LE(root, 4);
  server.send(query);
  return (await receiveReply(server)).readUInt32LE(16);
}

/** The next reply; events that may come in between have the same length. */
async function receiveReply(server: UnixDialogue): Promise<Buffer> {
  for (;;) {
    const message = await server.receive(REPLY_BYTES);
    const kind = message.readUInt8(0);
    if (kind === 0) throw noIdleTime(`the display answers with error ${message.readUInt8(1)}`);
    if (kind === 1) return message;
  }
}
