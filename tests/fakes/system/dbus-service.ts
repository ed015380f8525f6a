import { connect, type Socket } from 'node:net';

/** What a method answers: an unsigned number of 32 or 64 bits, a text, or a variant of a flag or a number. */
export type DbusAnswer =
  | readonly ['u', number]
  | readonly ['t', number]
  | readonly ['s', string]
  | readonly ['v', readonly ['b', boolean] | readonly ['t', number]];

/** Answers a call, by the method's name and its texts; undefined for an error. */
export type DbusMethod = (member: string, args: readonly string[]) => DbusAnswer | undefined;

/*
 * A service on a real message bus, with an encoding of its own: what the worker sends is checked by the bus, and what
 * it reads was not written by its own code.
 */
export async function dbusService(socketPath: string, name: string, method: DbusMethod): Promise<Disposable> {
  const socket = connect(socketPath);
  const owned = Promise.withResolvers<void>();
  socket.on('error', (error) => owned.reject(error));
  let waiting = Buffer.alloc(0);
  let isBinary = false;
  socket.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    if (!isBinary) {
      const end = waiting.indexOf('\r\n');
      if (end < 0) return;
      isBinary = true;
      waiting = waiting.subarray(end + 2);
      begin(socket, name);
    }
    for (let length = lengthOf(waiting); length <= waiting.length; length = lengthOf(waiting)) {
      const call = parse(waiting.subarray(0, length));
      waiting = waiting.subarray(length);
      if (call.replyTo === 2) owned.resolve();
      if (call.type === 1) socket.write(replyTo(call, method(call.member, call.args)));
    }
  });
  socket.write(`\0AUTH EXTERNAL ${Buffer.from(String(process.getuid?.())).toString('hex')}\r\n`);
  await owned.promise;
  return { [Symbol.dispose]: () => void socket.destroy() };
}

const DBUS = [
  [1, 'o', '/org/freedesktop/DBus'],
  [2, 's', 'org.freedesktop.DBus'],
  [6, 's', 'org.freedesktop.DBus'],
] as const;

function begin(socket: Socket, name: string): void {
  socket.write('BEGIN\r\n');
  socket.write(message(1, 1, [...DBUS, [3, 's', 'Hello']], Buffer.alloc(0)));
  const flags = Buffer.alloc(4);
  socket.write(message(1, 2, [...DBUS, [3, 's', 'RequestName'], [8, 'g', 'su']], join([text(name), flags], 4)));
}

interface Call {
  readonly type: number;
  readonly serial: number;
  readonly replyTo: number;
  readonly sender: string;
  readonly member: string;
  readonly args: readonly string[];
}

function replyTo({ serial, sender }: Call, answer: DbusAnswer | undefined): Buffer {
  const about = [
    [5, 'u', serial],
    [6, 's', sender],
  ] as const;
  if (answer === undefined) return message(3, 9, [...about, [4, 's', 'org.example.Error.None']], Buffer.alloc(0));
  return message(2, 9, [...about, [8, 'g', answer[0]]], valueOf(answer));
}

function valueOf(answer: DbusAnswer): Buffer {
  if (answer[0] === 's') return text(answer[1]);
  if (answer[0] === 'u') return uint32(answer[1]);
  if (answer[0] === 't') return uint64(answer[1]);
  const [inner, found] = answer[1];
  const signature = Buffer.from([1, inner.charCodeAt(0), 0]);
  return inner === 'b' ? join([signature, uint32(found ? 1 : 0)], 4) : join([signature, uint64(found)], 8);
}

type Field = readonly [code: number, kind: 'o' | 's' | 'g' | 'u', value: string | number];

function message(type: number, serial: number, fields: readonly Field[], body: Buffer): Buffer {
  const encoded = fields.map(([code, kind, value]) => {
    const head = Buffer.from([code, 1, kind.charCodeAt(0), 0]);
    if (kind === 'g') return Buffer.concat([head, Buffer.from([String(value).length]), Buffer.from(`${value}\0`)]);
    return Buffer.concat([head, typeof value === 'number' ? uint32(value) : text(value)]);
  });
  const all = join(encoded, 8);
  const head = Buffer.concat([Buffer.from([0x6c, type, 0, 1]), ...[body.length, serial, all.length].map(uint32)]);
  return join([Buffer.concat([head, all]), body], 8);
}

function lengthOf(bytes: Buffer): number {
  if (bytes.length < 16) return Number.POSITIVE_INFINITY;
  return 16 + Math.ceil(bytes.readUInt32LE(12) / 8) * 8 + bytes.readUInt32LE(4);
}

function parse(bytes: Buffer): Call {
  const end = 16 + bytes.readUInt32LE(12);
  const found = new Map<number, string | number>();
  for (let at = 16; at < end; at = Math.ceil(at / 8) * 8) {
    const [code = 0, kind = 0] = [bytes[at], bytes[at + 2]];
    const isSignature = kind === 'g'.charCodeAt(0);
    const number = isSignature ? bytes.readUInt8(at + 4) : bytes.readUInt32LE(at + 4);
    const start = at + (isSignature ? 5 : 8);
    const isNumber = kind === 'u'.charCodeAt(0);
    found.set(code, isNumber ? number : bytes.toString('utf8', start, start + number));
    at = isNumber ? start : start + number + 1;
  }
  return {
    type: bytes.readUInt8(1),
    serial: bytes.readUInt32LE(8),
    replyTo: Number(found.get(5) ?? 0),
    sender: String(found.get(7) ?? ''),
    member: String(found.get(3) ?? ''),
    args: textsIn(bytes.subarray(Math.ceil(end / 8) * 8), String(found.get(8) ?? '')),
  };
}

function textsIn(body: Buffer, signature: string): readonly string[] {
  const texts: string[] = [];
  for (let at = 0; texts.length < signature.length && /^s+$/.test(signature); at = Math.ceil(at / 4) * 4) {
    const length = body.readUInt32LE(at);
    texts.push(body.toString('utf8', at + 4, at + 4 + length));
    at += 4 + length + 1;
  }
  return texts;
}

/** One behind the other, each aligned. */
function join(parts: readonly Buffer[], to: number): Buffer {
  let joined = Buffer.alloc(0);
  for (const part of parts) {
    joined = Buffer.concat([joined, Buffer.alloc(Math.ceil(joined.length / to) * to - joined.length), part]);
  }
  return joined;
}

const text = (value: string): Buffer => Buffer.concat([uint32(Buffer.byteLength(value)), Buffer.from(`${value}\0`)]);

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
