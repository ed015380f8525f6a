import { type ByteReader, invalid } from './bytes.ts';
import { TENSOR_TYPES } from './gguf.ts';

/*
 * GGML as whisper.cpp has it (models/convert-pt-to-ggml.py, convert-silero-vad-to-ggml.py): a magic number, sizes, for a
 * speech recogniser its filters and its words, then one tensor after the other, each with its description. The loader
 * believes every number, so each is held to a bound that real models stay far below.
 */

const MAGIC = 0x67676d6c;
/** The least tokens of a recogniser; the number that a voice activity model has in this place is the length of its name. */
const LEAST_TOKENS = 51_864;
const MOST_TOKENS = 60_000;
const MOST_NAME_BYTES = 64;
const MOST_WORD_BYTES = 1_024;
const MOST_TENSOR_NAME_BYTES = 128;
const MOST_WIDTH = 8_192;
const MOST_LAYERS = 256;
const MOST_DIMENSIONS = 4;
const FLOAT_BYTES = 4;

/** Whether a file says that it is one; other formats end in `.bin` too. */
export const isGgml = (bytes: Uint8Array): boolean =>
  bytes.byteLength >= 4 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === MAGIC;

/** Whether a file that begins like this is a speech recogniser, as far as its first numbers say. */
export function isGgmlRecogniser(start: Uint8Array): boolean {
  if (!isGgml(start) || start.byteLength < 8) return false;
  const tokens = new DataView(start.buffer, start.byteOffset).getUint32(4, true);
  return tokens >= LEAST_TOKENS && tokens <= MOST_TOKENS;
}

/** Reads all that comes before the first tensor. @throws Unreadable */
export function passGgmlHead(reader: ByteReader): void {
  reader.u32(); // the magic number
  const first = reader.u32();
  if (first <= MOST_NAME_BYTES) return passVoiceActivity(reader, first);
  bounded(first, { least: LEAST_TOKENS, most: MOST_TOKENS, what: 'tokens' });
  passSizes(reader);
  const mels = bounded(reader.u32(), { most: 512, what: 'mel bands' });
  const bins = bounded(reader.u32(), { most: 4_096, what: 'frequencies' });
  reader.skip(mels * bins * FLOAT_BYTES);
  const words = bounded(reader.u32(), { most: first, what: 'words' });
  for (let word = 0; word < words; word++) {
    reader.skip(bounded(reader.u32(), { least: 0, most: MOST_WORD_BYTES, what: 'bytes of a word' }));
  }
}

function passSizes(reader: ByteReader): void {
  const read = (what: string, most: number): number => bounded(reader.u32(), { most, what });
  read('moments', MOST_WIDTH);
  const width = read('numbers a moment', MOST_WIDTH);
  const heads = read('heads', MOST_LAYERS);
  read('layers', MOST_LAYERS);
  read('places', MOST_WIDTH);
  // The library takes them for the same without looking.
  if (read('numbers a place', MOST_WIDTH) !== width) throw invalid('its two halves are not of one width');
  if (width % heads !== 0 || width % read('heads', MOST_LAYERS) !== 0)
    throw invalid('its heads do not share its width');
  read('layers', MOST_LAYERS);
  read('mel bands', 512);
  const stored = reader.u32();
  if (!STORED.has(stored % 1_000)) throw invalid(`it claims a way to store numbers that nobody knows, ${stored}`);
}

/**
 * How the numbers of a recogniser can be stored, in thousands the version of that (ggml.h: `enum ggml_ftype`, without
 * those that were taken out). The library ends the process over any other.
 */
const STORED: ReadonlySet<number> = new Set([0, 1, 2, 3, ...Array.from({ length: 20 }, (_, at) => 7 + at)]);

/** What leaves each layer of its encoder: the library is built for these, and ends the process over others. */
const VAD_CHANNELS = [128, 64, 64, 128];
const VAD_WIDTH = 128;

function passVoiceActivity(reader: ByteReader, nameBytes: number): void {
  reader.skip(nameBytes);
  for (let part = 0; part < 3; part++) reader.u32(); // its version
  const read = (what: string): number => bounded(reader.u32(), { most: MOST_WIDTH, what });
  const must = (value: number, what: string): number => bounded(reader.u32(), { least: value, most: value, what });
  read('samples a window');
  read('samples of context');
  must(VAD_CHANNELS.length, 'layers');
  for (const channels of VAD_CHANNELS) {
    read('channels');
    must(channels, 'channels');
    read('taps');
  }
  for (const what of ['numbers in', 'numbers inside', 'numbers out']) must(VAD_WIDTH, what);
  must(1, 'answers');
}

/** Reads the description of one tensor and gives the bytes behind it; undefined when nobody knows how many. @throws Unreadable */
export function ggmlTensorBytes(reader: ByteReader): number | undefined {
  const dimensions = bounded(reader.u32(), { most: MOST_DIMENSIONS, what: 'dimensions' });
  const nameBytes = bounded(reader.u32(), { most: MOST_TENSOR_NAME_BYTES, what: 'bytes of name' });
  const type = TENSOR_TYPES.get(reader.u32());
  let numbers = 1;
  for (let dimension = 0; dimension < dimensions; dimension++) {
    numbers *= bounded(reader.u32(), { most: MOST_WIDTH * MOST_WIDTH, what: 'numbers' });
    if (!Number.isSafeInteger(numbers)) throw invalid('a tensor has more numbers than can be counted');
  }
  reader.skip(nameBytes);
  if (type === undefined) return undefined;
  const [perBlock, blockBytes] = type;
  return Math.ceil(numbers / perBlock) * blockBytes;
}

interface Bound {
  readonly least?: number;
  readonly most: number;
  readonly what: string;
}

function bounded(value: number, { least = 1, most, what }: Bound): number {
  if (value < least || value > most) throw invalid(`it claims ${value} ${what}`);
  return value;
}
