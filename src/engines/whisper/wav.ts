/*
 * RIFF/WAVE files (Multimedia Programming Interface 1.0; WAVEFORMATEX and WAVEFORMATEXTENSIBLE of the Windows SDK) with
 * samples that are plain numbers. Sizes in the file are somebody's word: none is followed beyond the bytes there are.
 */

import { chunksOf, endsInChunks, chunkTagAt } from './chunks.ts';

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

/** RF64 and BW64 are WAVs with sizes of 64 bits, in a chunk of their own (EBU Tech 3306; ITU-R BS.2088). */
const FORMS = new Set(['RIFF', 'RF64', 'BW64']);

/** Whether bytes begin as a WAV does. */
export const isWav = (bytes: Uint8Array): boolean => FORMS.has(chunkTagAt(bytes, 0)) && chunkTagAt(bytes, 8) === 'WAVE';

/**
 * Reads a file up to its samples. Nothing is copied. Recorders that were cut off and programs that write to a pipe leave
 * sizes that are wrong: samples end where the file does, whatever it says.
 */
export function readWav(bytes: Uint8Array): WavRead {
  if (!isWav(bytes)) return broken('it is no WAV');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: Format | undefined;
  let longSize: number | undefined;
  for (const { at, tag, size } of chunksOf(bytes)) {
    const start = at + 8;
    const there = bytes.byteLength - start;
    if (tag === 'ds64' && there >= LONG_SIZES_BYTES) longSize = Number(view.getBigUint64(start + 8, true));
    if (tag === 'fmt ' && format === undefined) {
      if (size < MIN_FORMAT_BYTES || size > there) return broken('its format is cut off');
      const read = formatOf(view, start, size);
      if ('is' in read) return read;
      format = read;
    } else if (tag === 'data') {
      if (format === undefined) return broken('it does not declare what its samples are');
      const declared = size === UNKNOWN_SIZE ? (longSize ?? size) : size;
      const isUnfinished = declared === 0 && !endsInChunks(bytes, start);
      return samplesOf(format, start, isUnfinished ? there : Math.min(declared, there));
    }
  }
  return broken('it has no samples');
}

/** What programs that cannot go back write for a size they do not know yet, and RF64 for one that is in its own chunk. */
const UNKNOWN_SIZE = 0xffff_ffff;
const LONG_SIZES_BYTES = 24;

function samplesOf({ rate, channels, width, sample }: Format, start: number, size: number): WavRead {
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
  const frameBytes = view.getUint16(at + 12, true);
  // Some programs leave it at 0. Of any other, samples lie in wider places than they need, which whoever knows more reads.
  if (frameBytes !== 0 && frameBytes !== channels * width) {
    return { is: 'foreign', because: `its frames of ${frameBytes} bytes are not ${channels} samples of ${bits} bits` };
  }
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

/** Below this part of what one channel has, the channels have cancelled each other out. */
const CANCELLED = 1 / 16;

/**
 * All channels as one, each counting the same. Where that leaves next to nothing, as with one channel that is the other
 * turned around, the loudest is taken alone.
 */
export function monoOf({ channels, frames, at }: Wav): Float32Array {
  const mono = new Float32Array(frames);
  const energies = new Float64Array(channels);
  let mixed = 0;
  for (let frame = 0; frame < frames; frame++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      const sample = at(frame, channel);
      energies[channel] = (energies[channel] ?? 0) + sample * sample;
      sum += sample;
    }
    mono[frame] = sum / channels;
    mixed += (sum / channels) ** 2;
  }
  const loudest = Math.max(...energies);
  if (channels === 1 || mixed >= loudest * CANCELLED) return mono;
  const channel = energies.indexOf(loudest);
  return mono.map((_, frame) => at(frame, channel));
}
