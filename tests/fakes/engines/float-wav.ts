import { monoOf, readWav } from '../../../src/engines/whisper/wav.ts';

const FORMAT_BYTES = 16;
const FLOAT = 3;
const HEADER_BYTES = 44;

/** Samples as a WAV with one channel of 32-bit floats: what another process reads without loss. */
export function floatWav(samples: Float32Array, rate: number): Uint8Array {
  const file = new Uint8Array(HEADER_BYTES + samples.byteLength);
  const view = new DataView(file.buffer);
  const tag = (at: number, text: string): void => void new TextEncoder().encodeInto(text, file.subarray(at));
  tag(0, 'RIFF');
  view.setUint32(4, file.byteLength - 8, true);
  tag(8, 'WAVEfmt ');
  view.setUint32(16, FORMAT_BYTES, true);
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

/** The samples of a WAV as one channel. */
export function monoOfWav(bytes: Uint8Array): Float32Array {
  const read = readWav(bytes);
  if (read.is !== 'wav') throw new Error(read.because);
  return monoOf(read.wav);
}
