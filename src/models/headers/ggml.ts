import { type ByteReader, invalid } from './bytes.ts';
import { TENSOR_TYPES } from './gguf.ts';

/*
 * GGML as whisper.cpp has it (models/convert-pt-to-ggml.py, convert-silero-vad-to-ggml.py): a magic number, sizes, for a
 * speech recogniser its filters and its words, then one tensor after the other, each with its description. The loader
 * trusts every number, so each is checked against a bound that real models stay far below.
 */

const MAGIC = 0x67676d6c;
/** The smallest vocabulary of a speech recogniser. A voice activity model has the length of its name in the same place. */
const MIN_TOKENS = 51_864;
const MAX_TOKENS = 60_000;
const MAX_NAME_BYTES = 64;
const MAX_WORD_BYTES = 1_024;
const MAX_TENSOR_NAME_BYTES = 128;
const MAX_WIDTH = 8_192;
const MAX_LAYERS = 256;
const MAX_DIMENSIONS = 4;
/** The last one that ggml has (ggml.h: `enum ggml_type`). The library looks any number up in its table. */
const MAX_TENSOR_TYPE = 41;
const FLOAT_BYTES = 4;

/** Whether a file begins like GGML; other formats end in `.bin` too. */
export const isGgml = (bytes: Uint8Array): boolean =>
  bytes.byteLength >= 4 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === MAGIC;

/** Whether a file that begins like this is a speech recogniser, judged by its magic number and its vocabulary. */
export function isGgmlRecogniser(start: Uint8Array): boolean {
  if (!isGgml(start) || start.byteLength < 8) return false;
  const tokens = new DataView(start.buffer, start.byteOffset).getUint32(4, true);
  return tokens >= MIN_TOKENS && tokens <= MAX_TOKENS;
}

/** Reads all that comes before the first tensor. @throws Unreadable */
export function skipGgmlHead(reader: ByteReader): void {
  reader.u32(); // the magic number
  const first = reader.u32();
  if (first <= MAX_NAME_BYTES) return skipVoiceActivity(reader, first);
  bounded(first, { min: MIN_TOKENS, max: MAX_TOKENS, what: 'tokens' });
  skipSizes(reader);
  const mels = bounded(reader.u32(), { max: 512, what: 'mel bands' });
  const bins = bounded(reader.u32(), { max: 4_096, what: 'frequencies' });
  reader.skip(mels * bins * FLOAT_BYTES);
  const words = bounded(reader.u32(), { max: first, what: 'words' });
  for (let word = 0; word < words; word++) {
    reader.skip(bounded(reader.u32(), { min: 0, max: MAX_WORD_BYTES, what: 'bytes of a word' }));
  }
}

function skipSizes(reader: ByteReader): void {
  const read = (what: string, max: number): number => bounded(reader.u32(), { max, what });
  read('audio positions', MAX_WIDTH);
  const width = read('audio features', MAX_WIDTH);
  const heads = read('heads', MAX_LAYERS);
  read('layers', MAX_LAYERS);
  read('text positions', MAX_WIDTH);
  // The library assumes that they are the same without checking.
  if (read('text features', MAX_WIDTH) !== width) throw invalid('its audio and text features differ in number');
  if (width % heads !== 0 || width % read('heads', MAX_LAYERS) !== 0)
    throw invalid('its heads do not divide its features');
  read('layers', MAX_LAYERS);
  read('mel bands', 512);
  const stored = reader.u32();
  if (!STORED.has(stored % 1_000)) throw invalid(`its number format ${stored} is unknown`);
}

/**
 * The number formats of a recogniser; thousands count the version of one (ggml.h: `enum ggml_ftype`, without those that
 * were removed). The library ends the process over any other.
 */
const STORED: ReadonlySet<number> = new Set([0, 1, 2, 3, ...Array.from({ length: 20 }, (_, at) => 7 + at)]);

/** Output channels of each encoder layer: the library is built for these, and ends the process over others. */
const VAD_CHANNELS = [128, 64, 64, 128];
const VAD_WIDTH = 128;

function skipVoiceActivity(reader: ByteReader, nameBytes: number): void {
  reader.skip(nameBytes);
  for (let part = 0; part < 3; part++) reader.u32(); // its version
  const read = (what: string): number => bounded(reader.u32(), { max: MAX_WIDTH, what });
  const expect = (value: number, what: string): number => bounded(reader.u32(), { min: value, max: value, what });
  read('samples per window');
  read('samples of context');
  expect(VAD_CHANNELS.length, 'layers');
  for (const channels of VAD_CHANNELS) {
    read('channels');
    expect(channels, 'channels');
    read('kernel taps');
  }
  for (const what of ['input features', 'hidden features', 'output features']) expect(VAD_WIDTH, what);
  expect(1, 'outputs');
}

/** Reads the description of one tensor and returns the size of its data; undefined for an unknown type. @throws Unreadable */
export function ggmlTensorBytes(reader: ByteReader): number | undefined {
  const dimensions = bounded(reader.u32(), { max: MAX_DIMENSIONS, what: 'dimensions' });
  const nameBytes = bounded(reader.u32(), { max: MAX_TENSOR_NAME_BYTES, what: 'bytes of name' });
  const type = TENSOR_TYPES.get(bounded(reader.u32(), { min: 0, max: MAX_TENSOR_TYPE, what: 'as a type of tensor' }));
  let elements = 1;
  for (let dimension = 0; dimension < dimensions; dimension++) {
    elements *= bounded(reader.u32(), { max: MAX_WIDTH * MAX_WIDTH, what: 'elements' });
    if (!Number.isSafeInteger(elements)) throw invalid('a tensor has more elements than a number can hold');
  }
  reader.skip(nameBytes);
  if (type === undefined) return undefined;
  const [perBlock, blockBytes] = type;
  return Math.ceil(elements / perBlock) * blockBytes;
}

interface Bound {
  readonly min?: number;
  readonly max: number;
  readonly what: string;
}

function bounded(value: number, { min = 1, max, what }: Bound): number {
  if (value < min || value > max) throw invalid(`it claims ${value} ${what}`);
  return value;
}
