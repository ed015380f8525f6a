import { WorkerError } from '../../src/base/errors.ts';
import { type Entries, EPOCH_SECONDS, foldersOf, modeOf, sorted } from './entries.ts';

const BLOCK_BYTES = 512;
/** POSIX.1-1988 (ustar): where each field of a header begins, and how many bytes it has. */
const FIELD = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
  prefix: [345, 155],
} as const;
type Field = keyof typeof FIELD;

export interface TarOptions {
  /** Whether folders have entries of their own, as an archive for people has. */
  readonly withFolders: boolean;
}

/** A tar archive: the same bytes for the same files, wherever and whenever it is made. */
export function tarOf(entries: Entries, { withFolders }: TarOptions): Uint8Array<ArrayBuffer> {
  const folders = withFolders ? foldersOf(entries) : [];
  const parts = [
    ...folders.map((path) => headerOf({ path: `${path}/`, mode: 0o755, sizeBytes: 0, type: '5' })),
    ...sorted(entries).flatMap(([path, entry]) => [
      headerOf({ path, mode: modeOf(entry), sizeBytes: entry.bytes.byteLength, type: '0' }),
      entry.bytes,
      new Uint8Array((BLOCK_BYTES - (entry.bytes.byteLength % BLOCK_BYTES)) % BLOCK_BYTES),
    ]),
    new Uint8Array(2 * BLOCK_BYTES),
  ];
  return new Uint8Array(Buffer.concat(parts));
}

interface Header {
  readonly path: string;
  readonly mode: number;
  readonly sizeBytes: number;
  /** `0` for a file, `5` for a folder. */
  readonly type: string;
}

function headerOf({ path, mode, sizeBytes, type }: Header): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  const put = (field: Field, text: string): void => {
    const [at, maxBytes] = FIELD[field];
    if (Buffer.byteLength(text) > maxBytes)
      throw new WorkerError('internal', `${path} does not fit into a tar archive`);
    header.write(text, at);
  };
  const putNumber = (field: Field, value: number): void =>
    put(field, `${value.toString(8).padStart(FIELD[field][1] - 1, '0')}\0`);
  const { prefix, name } = splitPath(path);
  put('name', name);
  put('prefix', prefix);
  putNumber('mode', mode);
  putNumber('uid', 0);
  putNumber('gid', 0);
  putNumber('size', sizeBytes);
  putNumber('mtime', EPOCH_SECONDS);
  put('type', type);
  put('magic', 'ustar\x0000');
  put('checksum', ' '.repeat(8)); // which is how it counts in its own sum
  const sum = header.reduce((total, byte) => total + byte, 0);
  put('checksum', `${sum.toString(8).padStart(6, '0')}\0 `);
  return header;
}

/** A long path is cut at the first slash that leaves a name short enough. */
function splitPath(path: string): { readonly prefix: string; readonly name: string } {
  if (Buffer.byteLength(path) <= FIELD.name[1]) return { prefix: '', name: path };
  const cut = [...path.matchAll(/\//g)]
    .map(({ index }) => index)
    .find((index) => Buffer.byteLength(path.slice(index + 1)) <= FIELD.name[1]);
  return cut === undefined ? { prefix: '', name: path } : { prefix: path.slice(0, cut), name: path.slice(cut + 1) };
}
