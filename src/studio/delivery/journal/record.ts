import { bytesIn } from '../../../base/bytes.ts';
import type { Sha256 } from '../../../system/disk/digest.ts';
import { type EntryHeader, readEntry } from '../entry.ts';

/**
 * The journal is records one after the other, and zeros behind them:
 *
 *   F5 's' 'w' <'+' or '-'> <bytes in the body, 32 bits> <check, 8 bytes> <body>
 *
 * `+` puts an entry: its body is what the entry's own file would hold, with SHA-256 of header and content inside.
 * `-` removes one: its body is `<sha256 of the name> <name>`. The check covers the head and its place in the file: a
 * damaged body costs its own record only, since the next one's place is still known, and bytes that merely look like a
 * record, such as inside an entry's content, are not taken for it. Where a head is damaged, reading resumes at the next
 * mark that checks out.
 */
export type JournalRecord =
  | (RecordSpan & { readonly is: 'put'; readonly header: EntryHeader })
  | (RecordSpan & { readonly is: 'removal'; readonly name: string })
  | Damage;

/** Where a record's body is. */
export interface RecordSpan {
  readonly bodyAt: number;
  readonly bodyBytes: number;
}

/** Bytes that are no record, or not a whole one. */
export interface Damage {
  readonly is: 'damage';
  readonly at: number;
  readonly bytes: Uint8Array;
}

export const HEAD_BYTES = 16;
const CHECK_AT = 8;
/** F5 begins no character in UTF-8, so the mark is not found in prompts or JSON. */
const MARK: readonly number[] = [0xf5, 0x73, 0x77];
const SIGN = { put: 0x2b, removal: 0x2d } as const;

/** The record that puts an entry, to be written at this place and no other. */
export function putRecord(entry: readonly Uint8Array[], at: number, sha256: Sha256): readonly Uint8Array[] {
  const bodyBytes = bytesIn(entry);
  return [writeHead(SIGN.put, bodyBytes, at, sha256), ...entry];
}

/** The record that removes the entry of this name. */
export function removalRecord(name: string, at: number, sha256: Sha256): readonly Uint8Array[] {
  const body = new TextEncoder().encode(`${sha256(name).toHex()} ${name}`);
  return [writeHead(SIGN.removal, body.byteLength, at, sha256), body];
}

/** Everything in a journal, in the order it was written. */
export function readRecords(bytes: Uint8Array, sha256: Sha256): readonly JournalRecord[] {
  const records: JournalRecord[] = [];
  const damaged = (from: number, to: number): void => {
    const left = withoutZeros(bytes.subarray(from, to));
    const at = left.byteOffset - bytes.byteOffset;
    if (left.byteLength > 0) records.push({ is: 'damage', at, bytes: left });
  };

  let claimedTo = 0;
  for (let at = nextMark(bytes, 0); at < bytes.byteLength;) {
    const bodyBytes = readHead(bytes, at, sha256);
    if (bodyBytes === undefined) {
      at = nextMark(bytes, at + 1);
      continue;
    }
    damaged(claimedTo, at);
    const read = readBody(bytes, { bodyAt: at + HEAD_BYTES, bodyBytes }, sha256);
    claimedTo = Math.min(at + HEAD_BYTES + bodyBytes, bytes.byteLength);
    if (read === undefined) damaged(at, claimedTo);
    else records.push(read);
    at = nextMark(bytes, claimedTo);
  }
  damaged(claimedTo, bytes.byteLength);
  return records;
}

function writeHead(sign: number, bodyBytes: number, at: number, sha256: Sha256): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES);
  head.set([...MARK, sign]);
  new DataView(head.buffer).setUint32(MARK.length + 1, bodyBytes);
  head.set(sha256(`${at} ${sign} ${bodyBytes}`).subarray(0, HEAD_BYTES - CHECK_AT), CHECK_AT);
  return head;
}

/** How long the body is that the head at this place announces; undefined when it is no head. */
function readHead(bytes: Uint8Array, at: number, sha256: Sha256): number | undefined {
  const head = bytes.subarray(at, at + HEAD_BYTES);
  if (head.byteLength < HEAD_BYTES) return undefined;
  const bodyBytes = new DataView(head.buffer, head.byteOffset).getUint32(MARK.length + 1);
  const sound = writeHead(head[MARK.length] ?? 0, bodyBytes, at, sha256);
  return head.every((byte, index) => byte === sound[index]) ? bodyBytes : undefined;
}

/** What the head has vouched for, unless the body was cut or changed. */
function readBody(bytes: Uint8Array, place: RecordSpan, sha256: Sha256): JournalRecord | undefined {
  const { bodyAt, bodyBytes } = place;
  const body = bytes.subarray(bodyAt, bodyAt + bodyBytes);
  if (bytes[bodyAt - HEAD_BYTES + MARK.length] === SIGN.put) {
    const entry = readEntry(body, sha256);
    return entry && { is: 'put', header: entry.header, bodyAt, bodyBytes };
  }
  const text = new TextDecoder().decode(body);
  const name = text.slice(65);
  return text === `${sha256(name).toHex()} ${name}` ? { is: 'removal', name, bodyAt, bodyBytes } : undefined;
}

/** Where the next mark begins, at or after this place; the end when there is none. */
function nextMark(bytes: Uint8Array, from: number): number {
  const [first = 0, ...others] = MARK;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (others.every((byte, index) => bytes[at + 1 + index] === byte)) return at;
  }
  return bytes.byteLength;
}

/** The reserve behind the end is zeros, and so is a block that a power cut kept from the disk: neither is damage. */
function withoutZeros(bytes: Uint8Array): Uint8Array {
  const isNoZero = (byte: number): boolean => byte !== 0;
  const from = bytes.findIndex(isNoZero);
  return from < 0 ? new Uint8Array() : bytes.subarray(from, bytes.findLastIndex(isNoZero) + 1);
}
