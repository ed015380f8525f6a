import { WorkerError } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import { decodeValues, DbusReader } from './reader.ts';
import { alignedTo, type DbusValue, isVariant, listOf, textOf, variant } from './values.ts';
import { encodeValues } from './writer.ts';

/* Messages of D-Bus (D-Bus Specification, "Message Protocol"). We write little-endian and read both orders. */

export const MESSAGE = { call: 1, reply: 2, error: 3, signal: 4 } as const;
export const FLAG = { noReply: 1, noAutoStart: 2 } as const;

/** A message as it goes over the bus. What it does not have is empty, or 0. */
export interface DbusMessage {
  readonly type: number;
  readonly flags: number;
  readonly serial: number;
  /** Of the call that it answers. */
  readonly replyTo: number;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly errorName: string;
  readonly destination: string;
  readonly sender: string;
  readonly signature: string;
  readonly body: readonly DbusValue[];
}

/** All of it but the fields, and their length. */
export const HEAD_BYTES = 16;
/** Nothing that is asked or answered here is nearly as long. */
const MAX_MESSAGE_BYTES = MIB;
const LITTLE = 0x6c;
const BIG = 0x42;

/** Order, type, flags, version, length of the body, serial, fields. */
const HEADER = ['y', 'y', 'y', 'y', 'u', 'u', 'a(yv)'];
/** The header's fields by name: their number, and the type of their value. */
const FIELDS = {
  path: [1, 'o'],
  interface: [2, 's'],
  member: [3, 's'],
  errorName: [4, 's'],
  replyTo: [5, 'u'],
  destination: [6, 's'],
  sender: [7, 's'],
  signature: [8, 'g'],
} as const;
const isFieldName = (name: string): name is keyof typeof FIELDS => Object.hasOwn(FIELDS, name);
const FIELD_NAMES = Object.keys(FIELDS).filter(isFieldName);

/** @throws TypeError for a body that does not fit its signature */
export function encodeMessage(message: Partial<DbusMessage> & Pick<DbusMessage, 'type' | 'serial'>): Buffer {
  const { type, flags = 0, serial, signature = '' } = message;
  const body = encodeValues(signature, message.body ?? []);
  const fields = FIELD_NAMES.flatMap((name) => {
    const value = message[name];
    if (value === undefined || value === '' || value === 0) return [];
    const [code, kind] = FIELDS[name];
    return [[code, variant(kind, value)]];
  });
  const head = encodeValues(HEADER.join(''), [LITTLE, type, flags, 1, body.length, serial, fields]);
  return Buffer.concat([head, Buffer.alloc(alignedTo(head.length, 8) - head.length), body]);
}

/** How long the whole message is that begins with these bytes. @throws WorkerError `native.unavailable` */
export function messageBytes(head: Uint8Array): number {
  const reader = new DbusReader(head, isLittle(head));
  reader.at = 4;
  const [body, , fields] = [reader.read('u'), reader.read('u'), reader.read('u')];
  const bytes = HEAD_BYTES + alignedTo(Number(fields), 8) + Number(body);
  if (bytes > MAX_MESSAGE_BYTES) throw unusable('the bus sends far more than was asked for');
  return bytes;
}

/** @throws RangeError for a message that is cut off | WorkerError `native.unavailable` */
export function decodeMessage(message: Uint8Array): DbusMessage {
  const little = isLittle(message);
  const reader = new DbusReader(message, little);
  const [, type, flags, , , serial, fields] = HEADER.map((type) => reader.read(type));
  const found = new Map<DbusValue | undefined, DbusValue>();
  for (const field of listOf(fields)) {
    const [code, value] = listOf(field);
    if (isVariant(value)) found.set(code, value.value);
  }
  const text = (name: keyof typeof FIELDS): string => textOf(found.get(FIELDS[name][0]));
  const signature = text('signature');
  reader.align(8);
  return {
    type: Number(type),
    flags: Number(flags),
    serial: Number(serial),
    replyTo: Number(found.get(FIELDS.replyTo[0]) ?? 0),
    path: text('path'),
    interface: text('interface'),
    member: text('member'),
    errorName: text('errorName'),
    destination: text('destination'),
    sender: text('sender'),
    signature,
    body: decodeValues(signature, message.subarray(reader.at), little),
  };
}

function isLittle(message: Uint8Array): boolean {
  if (message[0] !== LITTLE && message[0] !== BIG) throw unusable('the bus speaks in no known byte order');
  return message[0] === LITTLE;
}

const unusable = (because: string): WorkerError => new WorkerError('native.unavailable', because);
