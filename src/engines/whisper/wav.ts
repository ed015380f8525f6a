/*
 * RIFF/WAVE files (Multimedia Programming Interface 1.0; WAVEFORMATEX and WAVEFORMATEXTENSIBLE of the Windows SDK) with
 * samples that are plain numbers. Sizes in the file are somebody's word: none is followed beyond the bytes there are.
 */

/** Samples of a file that was found to be whole. */
export interface Wav {
  /** Samples a second. */
  readonly rate: number;
  readonly channels: number;
  /** Moments in time; each has a sample of each channel. */
  readonly frames: number;
  /** One sample, from -1 to 1 for whole numbers; what is no number counts as 0. */
  readonly at: (frame: number, channel: number) => number;
}

export type WavRead =
  | { readonly is: 'wav'; readonly wav: Wav }
  /** A WAV whose samples are packed in another way. Whoever knows more formats may read it. */
  | { readonly is: 'foreign'; readonly because: string }
  | { readonly is: 'broken'; readonly because: string };

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** What follows the two bytes of a tag in the extensible form's sub-format (KSDATAFORMAT_SUBTYPE_WAVEFORMATEX). */
const SUB_FORMAT = [0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71];
/** What programs that cannot go back write for a size they do not know yet. */
const OPEN_END = 0xffff_ffff;
const MIN_FORMAT_BYTES = 16;
const EXTENSIBLE_BYTES = 40;
/** No converter works slower, and none is known to work faster. */
const RATES = { min: 1_000, max: 384_000 };

type Sample = (byte: number) => number;
interface Format {
  readonly rate: number;
  readonly channels: number;
  /** Bytes of one sample. */
  readonly width: number;
  readonly sample: Sample;
}

/** Whether bytes begin as a WAV does. */
export const isWav = (bytes: Uint8Array): boolean => tagAt(bytes, 0) === 'RIFF' && tagAt(bytes, 8) === 'WAVE';

/** Reads a file up to its samples. Nothing is copied. */
export function readWav(bytes: Uint8Array): WavRead {
  if (!isWav(bytes)) return broken('it is no WAV');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: Format | undefined;
  for (let at = 12; at + 8 <= bytes.byteLength;) {
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    const tag = tagAt(bytes, at);
    if (tag === 'fmt ' && format === undefined) {
      if (size < MIN_FORMAT_BYTES || size > bytes.byteLength - start) return broken('its format is cut off');
      const read = formatOf(view, start, size);
      if ('is' in read) return read;
      format = read;
    } else if (tag === 'data') {
      if (format === undefined) return broken('it does not declare what its samples are');
      return samplesOf(format, start, size === OPEN_END ? bytes.byteLength - start : size, bytes.byteLength);
    }
    at = start + size + (size % 2); // chunks lie on even places
  }
  return broken('it has no samples');
}

function samplesOf({ rate, channels, width, sample }: Format, start: number, size: number, fileBytes: number): WavRead {
  const there = fileBytes - start;
  if (size > there) return broken(`it is cut off: ${size} bytes of audio are declared, ${there} are present`);
  const frameBytes = width * channels;
  const wav = {
    rate,
    channels,
    frames: Math.floor(size / frameBytes),
    at: (frame: number, channel: number) => sample(start + frame * frameBytes + channel * width),
  };
  return { is: 'wav', wav };
}

function formatOf(view: DataView, at: number, size: number): Format | Exclude<WavRead, { is: 'wav' }> {
  const tagged = view.getUint16(at, true);
  const extended = tagged === EXTENSIBLE && size >= EXTENSIBLE_BYTES;
  if (extended && SUB_FORMAT.some((byte, index) => view.getUint8(at + 26 + index) !== byte)) {
    return { is: 'foreign', because: 'its samples are in a format of their own' };
  }
  const tag = extended ? view.getUint16(at + 24, true) : tagged;
  const channels = view.getUint16(at + 2, true);
  const rate = view.getUint32(at + 4, true);
  const bits = view.getUint16(at + 14, true);
  const sample = tag === PCM ? wholeNumbers(view, bits) : tag === FLOAT ? floats(view, bits) : undefined;
  if (sample === undefined) return { is: 'foreign', because: `its samples are of format ${tag} with ${bits} bits` };
  const width = bits / 8;
  if (channels === 0) return broken('it has no channel');
  if (rate < RATES.min || rate > RATES.max) return broken(`it has ${rate} samples a second`);
  if (view.getUint16(at + 12, true) !== channels * width) return broken('its samples do not fit into its frames');
  return { rate, channels, width, sample };
}

function wholeNumbers(view: DataView, bits: number): Sample | undefined {
  if (bits === 8) return (byte) => (view.getUint8(byte) - 128) / 0x80;
  if (bits === 16) return (byte) => view.getInt16(byte, true) / 0x8000;
  if (bits === 24) return (byte) => ((view.getInt16(byte + 1, true) << 8) | view.getUint8(byte)) / 0x80_0000;
  return bits === 32 ? (byte) => view.getInt32(byte, true) / 0x8000_0000 : undefined;
}

function floats(view: DataView, bits: number): Sample | undefined {
  if (bits === 32) return (byte) => finite(view.getFloat32(byte, true));
  return bits === 64 ? (byte) => finite(view.getFloat64(byte, true)) : undefined;
}

const finite = (value: number): number => (Number.isFinite(value) ? value : 0);
const broken = (because: string): { readonly is: 'broken'; readonly because: string } => ({ is: 'broken', because });

const tagAt = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

/** All channels as one, each counting the same. */
export function monoOf({ channels, frames, at }: Wav): Float32Array {
  const mono = new Float32Array(frames);
  for (let frame = 0; frame < frames; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += at(frame, channel);
    mono[frame] = sum / channels;
  }
  return mono;
}

const HEADER_BYTES = 44;

/** Samples as a WAV with one channel of 32-bit floats: what another process reads without loss. */
export function floatWav(samples: Float32Array, rate: number): Uint8Array {
  const file = new Uint8Array(HEADER_BYTES + samples.byteLength);
  const view = new DataView(file.buffer);
  const tag = (at: number, text: string): void => void new TextEncoder().encodeInto(text, file.subarray(at));
  tag(0, 'RIFF');
  view.setUint32(4, file.byteLength - 8, true);
  tag(8, 'WAVEfmt ');
  view.setUint32(16, MIN_FORMAT_BYTES, true);
  view.setUint16(20, FLOAT, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * samples.BYTES_PER_ELEMENT, true);
  view.setUint16(32, samples.BYTES_PER_ELEMENT, true);
  view.setUint16(34, 8 * samples.BYTES_PER_ELEMENT, true);
  tag(36, 'data');
  view.setUint32(40, samples.byteLength, true);
  // Every machine this runs on is little-endian, as the file is.
  file.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength), HEADER_BYTES);
  return file;
}
