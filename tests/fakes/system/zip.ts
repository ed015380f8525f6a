import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  readonly text: string;
  readonly mode?: number;
  readonly stored?: boolean;
}

/** A zip archive with these files. */
export function makeZip(entries: Readonly<Record<string, ZipEntry>>): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [path, { text, mode = 0o100_644, stored = false }] of Object.entries(entries)) {
    const name = Buffer.from(path);
    const bytes = Buffer.from(text);
    const packed = stored ? bytes : deflateRawSync(bytes);
    const facts = Buffer.alloc(16);
    facts.writeUInt16LE(stored ? 0 : 8, 0);
    facts.writeUInt32LE(crc32(bytes), 6);
    const sizes = Buffer.alloc(8);
    sizes.writeUInt32LE(packed.length, 0);
    sizes.writeUInt32LE(bytes.length, 4);
    const shared = Buffer.concat([facts.subarray(0, 10), sizes]); // method, time, date, CRC-32, both sizes
    const local = Buffer.alloc(8);
    local.writeUInt32LE(0x0403_4b50, 0);
    const nameSize = Buffer.alloc(4);
    nameSize.writeUInt16LE(name.length, 0);
    parts.push(local, shared, nameSize, name, packed);
    const entry = Buffer.alloc(10);
    entry.writeUInt32LE(0x0201_4b50, 0);
    entry[5] = 3; // made on Unix
    const tail = Buffer.alloc(18);
    tail.writeUInt16LE(name.length, 0);
    tail.writeUInt32LE(mode * 0x1_0000, 10);
    tail.writeUInt32LE(at, 14);
    directory.push(entry, shared, tail, name);
    at += local.length + shared.length + nameSize.length + name.length + packed.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x0605_4b50, 0);
  end.writeUInt16LE(Object.keys(entries).length, 8);
  end.writeUInt16LE(Object.keys(entries).length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  return new Uint8Array(Buffer.concat([...parts, listed, end]));
}
