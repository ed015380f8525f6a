import { isPlainFileName } from '../../base/foreign/file-name.ts';
import { quoted } from '../../base/foreign-text.ts';
import { crc32 } from '../disk/digest.ts';

/** A file of an archive, by the last part of its name: where it wants to lie is not its own choice. */
export interface ZippedFile {
  readonly name: string;
  /** Unix permission bits; 0 when the archive has none. */
  readonly mode: number;
  readonly bytes: Uint8Array;
}

/** PKWARE's APPNOTE 4.3.16, 4.3.12 and 4.3.7. */
const END = { signature: 0x0605_4b50, sizeBytes: 22, maxBytes: 22 + 0xffff };
const ENTRY = { signature: 0x0201_4b50, sizeBytes: 46 };
const LOCAL = { signature: 0x0403_4b50, sizeBytes: 30 };
const STORED = 0;
const DEFLATED = 8;
const UNIX = 3;

/**
 * The files of a zip archive, folders and links left out.
 *
 * @throws RangeError for bytes that are no whole archive, or unpack to more than `maxBytes`: the class that `DataView`
 * throws for them, too. Zlib's own for a file that does not inflate. Who unpacks knows whose archive it is, and gives both
 * their code.
 */
export function readZip(archive: Uint8Array, maxBytes: number): readonly ZippedFile[] {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const end = endOf(view);
  const files: ZippedFile[] = [];
  let left = maxBytes;
  let at = view.getUint32(end + 16, true);
  for (let count = view.getUint16(end + 10, true); count > 0; count--) {
    if (view.getUint32(at, true) !== ENTRY.signature)
      throw new RangeError('an entry of the archive is not where it should be');
    const nameBytes = view.getUint16(at + 28, true);
    const path = new TextDecoder().decode(slice(archive, at + ENTRY.sizeBytes, nameBytes));
    const mode = view.getUint8(at + 5) === UNIX ? view.getUint32(at + 38, true) >>> 16 : 0;
    const name = path.split(/[/\\]/).at(-1) ?? '';
    if (name !== '' && !isLink(mode)) {
      if (!isPlainFileName(name)) throw new RangeError(`a file of the archive is called ${quoted(name)}`);
      const bytes = unpack(archive, view, { at, left });
      left -= bytes.byteLength;
      files.push({ name, mode: mode & 0o777, bytes });
    }
    at += ENTRY.sizeBytes + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return files;
}

const isLink = (mode: number): boolean => (mode & 0o170_000) === 0o120_000;

/** It stands last, behind it only a comment. */
function endOf(view: DataView): number {
  const first = Math.max(0, view.byteLength - END.maxBytes);
  for (let at = view.byteLength - END.sizeBytes; at >= first; at--) {
    if (view.getUint32(at, true) === END.signature) return at;
  }
  throw new RangeError('this is no zip archive, or only a part of one');
}

function unpack(
  archive: Uint8Array,
  view: DataView,
  { at, left }: { readonly at: number; readonly left: number },
): Uint8Array {
  const method = view.getUint16(at + 10, true);
  const sizeBytes = view.getUint32(at + 24, true);
  const local = view.getUint32(at + 42, true);
  if (sizeBytes > left) throw new RangeError('the archive unpacks to more than it should');
  if (view.getUint32(local, true) !== LOCAL.signature)
    throw new RangeError('a file of the archive is not where it should be');
  const start = local + LOCAL.sizeBytes + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  const packed = slice(archive, start, view.getUint32(at + 20, true));
  if (method !== STORED && method !== DEFLATED)
    throw new RangeError(`the archive uses an unsupported compression method (${method})`);
  const { inflateRawSync } = process.getBuiltinModule('node:zlib'); // takes longer to load than most of a start
  const bytes = method === STORED ? packed : inflateRawSync(packed, { maxOutputLength: Math.max(1, sizeBytes) });
  if (bytes.byteLength !== sizeBytes || crc32(bytes) !== view.getUint32(at + 16, true)) {
    throw new RangeError('a file of the archive is damaged');
  }
  return bytes;
}

function slice(archive: Uint8Array, at: number, sizeBytes: number): Uint8Array {
  if (at + sizeBytes > archive.byteLength) throw new RangeError('the archive ends too early');
  return archive.subarray(at, at + sizeBytes);
}
