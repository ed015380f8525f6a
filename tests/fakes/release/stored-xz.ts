import { crc32 } from 'node:zlib';

/** What LZMA2 puts into one chunk at most when it stores it as it is. */
const CHUNK_BYTES = 2 ** 16;
const [RESET, GO_ON, END] = [0x01, 0x02, 0x00];

/**
 * An archive that any `xz` reads, and whose content was not compressed: made and unpacked in the time of a copy. Format: The .xz
 * File Format 1.2.1, with one block and CRC-32 as its check.
 */
export function storedXz(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const blockHeader = withCrc([0x02, 0x00, 0x21, 0x01, 0x00, 0x00, 0x00, 0x00]);
  const data = chunksOf(bytes);
  const check = littleEndian(crc32(bytes));
  const unpaddedBytes = blockHeader.byteLength + data.byteLength + check.byteLength;
  const index = withCrc(padded([0x00, 0x01, ...variableLength(unpaddedBytes), ...variableLength(bytes.byteLength)]));
  const flags = [0x00, 0x01];
  const backward = [...littleEndian(index.byteLength / 4 - 1), ...flags];
  const parts = [
    Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]),
    withCrc(flags),
    blockHeader,
    data,
    Buffer.alloc(-data.byteLength & 3),
    check,
    index,
    littleEndian(crc32(Buffer.from(backward))),
    Buffer.from([...backward, 0x59, 0x5a]),
  ];
  return new Uint8Array(Buffer.concat(parts));
}

function chunksOf(bytes: Uint8Array): Buffer {
  const count = Math.ceil(bytes.byteLength / CHUNK_BYTES);
  const out = Buffer.alloc(bytes.byteLength + 3 * count + 1);
  for (let chunk = 0; chunk < count; chunk++) {
    const content = bytes.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES);
    const at = chunk * (CHUNK_BYTES + 3);
    out.writeUInt8(chunk === 0 ? RESET : GO_ON, at);
    out.writeUInt16BE(content.byteLength - 1, at + 1);
    out.set(content, at + 3);
  }
  out.writeUInt8(END, out.byteLength - 1);
  return out;
}

function littleEndian(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value);
  return out;
}

/** Seven bits a byte, the least first. */
const variableLength = (value: number): readonly number[] =>
  value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...variableLength(Math.floor(value / 0x80))];

const padded = (bytes: readonly number[]): readonly number[] => [
  ...bytes,
  ...Array.from({ length: -bytes.length & 3 }, () => 0),
];

const withCrc = (bytes: readonly number[]): Buffer =>
  Buffer.concat([Buffer.from(bytes), littleEndian(crc32(Buffer.from(bytes)))]);
