import { MIB } from '../../base/units.ts';
import { ByteReader, invalid, Unreadable } from './bytes.ts';

/*
 * GGUF (ggml project, docs/gguf.md): magic, version, counts, key-value pairs, tensor descriptions, then the tensors' bytes.
 * Loaders of this format have had overflows in exactly these fields, so each is held to a bound that real models stay far
 * below, before a native engine sees the file.
 */

const MAX_PAIRS = 65_536;
const MAX_TENSORS = 1_000_000;
const MAX_DIMENSIONS = 8;
const MAX_KEY_BYTES = 65_535;
const MAX_TEXT_BYTES = 16 * MIB;
const MAX_ITEMS = 100_000_000;
/** Arrays may hold arrays; nobody nests them deeper than this. */
const MAX_DEPTH = 4;

const TEXT = 8;
const ARRAY = 9;
const U32 = 4;
/** Bytes of each value type; text and arrays carry their own length. */
const VALUE_BYTES: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [1, 1],
  [2, 2],
  [3, 2],
  [4, 4],
  [5, 4],
  [6, 4],
  [7, 1],
  [10, 8],
  [11, 8],
  [12, 8],
]);
/** Numbers per block and bytes per block of the tensor types in use (ggml.c, type traits). */
export const TENSOR_TYPES: ReadonlyMap<number, readonly [perBlock: number, bytes: number]> = new Map([
  [0, [1, 4]],
  [1, [1, 2]],
  [2, [32, 18]],
  [3, [32, 20]],
  [6, [32, 22]],
  [7, [32, 24]],
  [8, [32, 34]],
  [10, [256, 84]],
  [11, [256, 110]],
  [12, [256, 144]],
  [13, [256, 176]],
  [14, [256, 210]],
  [24, [1, 1]],
  [25, [1, 2]],
  [26, [1, 4]],
  [30, [1, 2]],
]);
const DEFAULT_ALIGNMENT = 32;

/** What a readable GGUF header says of its file. */
export interface GgufHeader {
  readonly version: number;
  readonly tensors: number;
}

/**
 * Reads a header from the first bytes of a file. Keeps nothing of it but the counts.
 *
 * @throws Unreadable
 */
export function readGguf(bytes: Uint8Array, fileBytes: number): GgufHeader {
  const reader = new ByteReader(bytes);
  if (new TextDecoder().decode(reader.bytes(4)) !== 'GGUF') throw invalid('it does not begin with GGUF');
  const version = reader.u32();
  if (version < 2 || version > 3) throw invalid(`its version is ${version}`);
  const tensors = bounded(reader.u64('the number of tensors'), MAX_TENSORS, 'tensors');
  const pairs = bounded(reader.u64('the number of keys'), MAX_PAIRS, 'keys');
  let alignment = DEFAULT_ALIGNMENT;
  for (let pair = 0; pair < pairs; pair++) alignment = readPair(reader) ?? alignment;
  let endsAt = 0;
  for (let tensor = 0; tensor < tensors; tensor++) endsAt = Math.max(endsAt, tensorEnd(reader));
  const needs = Math.ceil(reader.at / alignment) * alignment + endsAt;
  if (tensors > 0 && needs > fileBytes) {
    throw new Unreadable({ is: 'truncated', because: `its tensors need ${needs} bytes and it has ${fileBytes}` });
  }
  return { version, tensors };
}

function bounded(value: number, max: number, what: string): number {
  if (value > max) throw invalid(`it claims ${value} ${what}`);
  return value;
}

/** Skips one pair; returns the alignment when it is the one that sets it. */
function readPair(reader: ByteReader): number | undefined {
  const key = new TextDecoder().decode(reader.bytes(bounded(reader.u64('a key'), MAX_KEY_BYTES, 'bytes of key')));
  const type = reader.u32();
  if (key !== 'general.alignment' || type !== U32) {
    skipValue(reader, type, 0);
    return undefined;
  }
  const alignment = reader.u32();
  if (alignment === 0 || alignment > MIB || (alignment & (alignment - 1)) !== 0) {
    throw invalid(`its alignment is ${alignment}`);
  }
  return alignment;
}

/** Passes over a value. @throws Unreadable */
export function skipValue(reader: ByteReader, type: number, depth: number): void {
  const size = VALUE_BYTES.get(type);
  if (size !== undefined) return void reader.skip(size);
  if (type === TEXT) return void reader.skip(bounded(reader.u64('a text'), MAX_TEXT_BYTES, 'bytes of text'));
  if (type !== ARRAY || depth === MAX_DEPTH) throw invalid(`it holds a value of type ${type}`);
  const itemType = reader.u32();
  const items = bounded(reader.u64('a list'), MAX_ITEMS, 'items');
  const itemBytes = VALUE_BYTES.get(itemType);
  if (itemBytes !== undefined) return void reader.skip(items * itemBytes);
  for (let item = 0; item < items; item++) skipValue(reader, itemType, depth + 1);
}

/** Where a tensor ends, counted from where tensors begin. Of an unknown type only the start is checked. */
function tensorEnd(reader: ByteReader): number {
  reader.skip(bounded(reader.u64('a name'), MAX_KEY_BYTES, 'bytes of name'));
  const dimensions = bounded(reader.u32(), MAX_DIMENSIONS, 'dimensions');
  let elements = 1;
  for (let dimension = 0; dimension < dimensions; dimension++) {
    elements *= reader.u64('a dimension');
    if (!Number.isSafeInteger(elements)) throw invalid('a tensor has more elements than a number can hold');
  }
  const [perBlock, blockBytes] = TENSOR_TYPES.get(reader.u32()) ?? [1, 0];
  const end = reader.u64('a tensor offset') + Math.ceil(elements / perBlock) * blockBytes;
  if (!Number.isSafeInteger(end)) throw invalid('a tensor ends beyond what a number can hold');
  return end;
}
