import { noIdleTime } from './source.ts';

/*
 * The part of D-Bus's binary format that a call with texts and an answer with one plain value need (D-Bus
 * Specification, "Message Protocol"). Both sides are little-endian: an answer in the other order is not read.
 */

/** A method to call, with texts as its arguments. */
export interface DbusCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly args?: readonly string[];
}

export type DbusValue = string | number | bigint | boolean;

/** What came over the bus, as far as it matters here. */
export interface DbusMessage {
  readonly type: number;
  /** Of the call that it answers; 0 for what answers none. */
  readonly replyTo: number;
  /** Of an error; empty for everything else. */
  readonly errorName: string;
  /** The first value, a variant unwrapped; undefined when there is none or it is of another kind. */
  readonly value: DbusValue | undefined;
}

export const METHOD_RETURN = 2;
export const ERROR = 3;
const METHOD_CALL = 1;
/** Reading the idle time starts no service that is not running. */
const NO_AUTO_START = 2;
/** Order, type, flags, version, length of the body, serial, length of the fields. */
export const HEAD_BYTES = 16;
/** An answer with one value is far shorter. */
const MAX_MESSAGE_BYTES = 64 * 1024;

const FIELD = { path: 1, interface: 2, member: 3, errorName: 4, replySerial: 5, destination: 6, signature: 8 };
/** How the values of a kind are aligned. */
const ALIGNMENT: Readonly<Record<string, number>> = { y: 1, g: 1, v: 1, b: 4, u: 4, s: 4, o: 4, t: 8 };

const aligned = (at: number, to: number): number => Math.ceil(at / to) * to;

export function encodeCall(serial: number, call: DbusCall): Buffer {
  const { destination, path, member, args = [] } = call;
  const body = new Writer();
  for (const arg of args) body.text(arg);
  const head = new Writer();
  for (const byte of [0x6c, METHOD_CALL, NO_AUTO_START, 1]) head.byte(byte);
  head.uint32(body.bytes.length);
  head.uint32(serial);
  const fields = new Writer();
  fields.field(FIELD.path, 'o', path);
  fields.field(FIELD.interface, 's', call.interface);
  fields.field(FIELD.member, 's', member);
  fields.field(FIELD.destination, 's', destination);
  if (args.length > 0) fields.field(FIELD.signature, 'g', 's'.repeat(args.length));
  head.uint32(fields.bytes.length);
  const padding = Buffer.alloc(aligned(fields.bytes.length, 8) - fields.bytes.length);
  return Buffer.concat([head.bytes, fields.bytes, padding, body.bytes]);
}

/** How long the whole message is that begins with these bytes. */
export function messageBytes(head: Buffer): number {
  if (head.readUInt8(0) !== 0x6c) throw noIdleTime('the bus speaks in another byte order');
  const bytes = HEAD_BYTES + aligned(head.readUInt32LE(12), 8) + head.readUInt32LE(4);
  if (bytes > MAX_MESSAGE_BYTES) throw noIdleTime('the bus sends far more than was asked for');
  return bytes;
}

/** @throws RangeError for a message that is cut off */
export function decodeMessage(message: Buffer): DbusMessage {
  const fields = new Map<number, DbusValue | undefined>();
  const end = HEAD_BYTES + message.readUInt32LE(12);
  const reader = new Reader(message, HEAD_BYTES);
  while (reader.at < end) {
    reader.align(8);
    const code = reader.byte();
    fields.set(code, reader.value('v'));
  }
  const signature = String(fields.get(FIELD.signature) ?? '');
  const body = new Reader(message.subarray(aligned(end, 8)), 0);
  return {
    type: message.readUInt8(1),
    replyTo: Number(fields.get(FIELD.replySerial) ?? 0),
    errorName: String(fields.get(FIELD.errorName) ?? ''),
    value: signature === '' ? undefined : body.value(signature.charAt(0)),
  };
}

class Writer {
  bytes = Buffer.alloc(0);

  byte(value: number): void {
    this.#append(Buffer.from([value]));
  }

  uint32(value: number): void {
    this.#align(4);
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    this.#append(bytes);
  }

  text(value: string): void {
    this.uint32(Buffer.byteLength(value));
    this.#append(Buffer.from(`${value}\0`));
  }

  /** A header field: its number, and a variant. */
  field(code: number, kind: 's' | 'o' | 'g', value: string): void {
    this.#align(8);
    this.byte(code);
    this.#append(Buffer.from([1, kind.charCodeAt(0), 0]));
    if (kind === 'g') this.#append(Buffer.from([value.length, ...Buffer.from(`${value}\0`)]));
    else this.text(value);
  }

  #align(to: number): void {
    this.#append(Buffer.alloc(aligned(this.bytes.length, to) - this.bytes.length));
  }

  #append(more: Uint8Array): void {
    this.bytes = Buffer.concat([this.bytes, more]);
  }
}

class Reader {
  constructor(
    private readonly bytes: Buffer,
    public at: number,
  ) {}

  align(to: number): void {
    this.at = aligned(this.at, to);
  }

  byte(): number {
    return this.bytes.readUInt8(this.at++);
  }

  value(kind: string): DbusValue | undefined {
    this.align(ALIGNMENT[kind] ?? 1);
    switch (kind) {
      case 'y':
        return this.byte();
      case 'b':
        return this.#uint32() !== 0;
      case 'u':
        return this.#uint32();
      case 't':
        this.at += 8;
        return this.bytes.readBigUInt64LE(this.at - 8);
      case 's':
      case 'o':
        return this.#text(this.#uint32());
      case 'g':
        return this.#text(this.byte());
      case 'v':
        return this.value(String(this.value('g')));
      default:
        return undefined; // arrays and structures: nothing that is asked here has them
    }
  }

  #uint32(): number {
    this.at += 4;
    return this.bytes.readUInt32LE(this.at - 4);
  }

  #text(length: number): string {
    const start = this.at;
    this.at += length + 1; // a zero byte ends it
    if (this.at > this.bytes.length) throw new RangeError('cut off');
    return this.bytes.toString('utf8', start, start + length);
  }
}
