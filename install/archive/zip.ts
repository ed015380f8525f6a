import { crc32, deflateRawSync } from 'node:zlib';
import { type Entries, modeOf, sorted } from './entries.ts';

/** PKWARE's APPNOTE 4.3.7, 4.3.12 and 4.3.16. */
const LOCAL = { signature: 0x0403_4b50, sizeBytes: 30 };
const CENTRAL = { signature: 0x0201_4b50, sizeBytes: 46 };
const END = { signature: 0x0605_4b50, sizeBytes: 22 };
const DEFLATED = 8;
const VERSION = 20;
/** Made by Unix, so that the modes count. */
const MADE_BY = (3 << 8) | VERSION;
/** Names are UTF-8. */
const FLAGS = 1 << 11;
/** 1980-01-01 as MS-DOS writes it; its midnight is 0. */
const DATE = (1 << 5) | 1;
const REGULAR = 0o100_000;

/** A zip archive: the same bytes for the same files, wherever and whenever it is made. */
export function zipOf(entries: Entries): Uint8Array<ArrayBuffer> {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, entry] of sorted(entries)) {
    const name = Buffer.from(path);
    const packed = deflateRawSync(entry.bytes, { level: 9 });
    const facts = factsOf(entry.bytes, packed, name);
    const local = Buffer.alloc(LOCAL.sizeBytes);
    local.writeUInt32LE(LOCAL.signature, 0);
    facts.copy(local, 4);
    files.push(local, name, packed);
    const central = Buffer.alloc(CENTRAL.sizeBytes);
    central.writeUInt32LE(CENTRAL.signature, 0);
    central.writeUInt16LE(MADE_BY, 4);
    facts.copy(central, 6);
    central.writeUInt32LE(((REGULAR | modeOf(entry)) << 16) >>> 0, 38);
    central.writeUInt32LE(offset, 42);
    directory.push(central, name);
    offset += local.byteLength + name.byteLength + packed.byteLength;
  }
  const directoryBytes = directory.reduce((sum, part) => sum + part.byteLength, 0);
  const end = Buffer.alloc(END.sizeBytes);
  end.writeUInt32LE(END.signature, 0);
  end.writeUInt16LE(entries.size, 8);
  end.writeUInt16LE(entries.size, 10);
  end.writeUInt32LE(directoryBytes, 12);
  end.writeUInt32LE(offset, 16);
  return new Uint8Array(Buffer.concat([...files, ...directory, end]));
}

/** What both headers of a file say in the same order. */
function factsOf(bytes: Uint8Array, packed: Uint8Array, name: Uint8Array): Buffer {
  const facts = Buffer.alloc(LOCAL.sizeBytes - 4);
  facts.writeUInt16LE(VERSION, 0);
  facts.writeUInt16LE(FLAGS, 2);
  facts.writeUInt16LE(DEFLATED, 4);
  facts.writeUInt16LE(DATE, 8);
  facts.writeUInt32LE(crc32(bytes), 10);
  facts.writeUInt32LE(packed.byteLength, 14);
  facts.writeUInt32LE(bytes.byteLength, 18);
  facts.writeUInt16LE(name.byteLength, 22);
  return facts;
}
