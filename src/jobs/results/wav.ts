import { tagAt, dataViewOf } from './binary.ts';
import { bad, type CheckFinding, unchecked } from './check-finding.ts';

/*
 * Jobs read this format because speech comes as WAV and silence is known by its samples only. Each form that programs
 * write is read: whole numbers of 8 to 32 bits and 32-bit floats, also with the extensible header.
 */

/** `wFormatTag` (RIFF/WAVE, Multimedia Programming Interface 1.0, and WAVEFORMATEXTENSIBLE). */
const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** What programs that cannot go back write for a size they do not know yet. */
const OPEN_END = 0xffff_ffff;

/** The samples of a WAV file. */
export interface WavSamples {
  /** The level of a sample, from -1 to 1. */
  readonly read: (sample: number) => number;
  /** How many there are. */
  readonly samples: number;
}

/** The samples of a WAV file, or why there are none to check. */
export function readWave(bytes: Uint8Array): WavSamples | CheckFinding {
  if (tagAt(bytes, 8) !== 'WAVE') return bad('the audio is not a WAV file');
  const view = dataViewOf(bytes);
  let read: SampleReader | undefined;
  for (let at = 12; at + 8 <= bytes.byteLength;) {
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    if (tagAt(bytes, at) === 'fmt ') {
      if (size < 16 || start + size > bytes.byteLength) return bad('the WAV is cut off');
      read = readerOf(view, start, size);
      if (read === undefined) return unchecked('this form of WAV is not checked');
    } else if (tagAt(bytes, at) === 'data') {
      if (read === undefined) return bad('the WAV does not say what its samples are');
      const end = size === OPEN_END ? bytes.byteLength : start + size;
      if (end > bytes.byteLength) return bad('the WAV is cut off');
      const { width, at: sampleAt } = read;
      return { samples: Math.floor((end - start) / width), read: (sample) => sampleAt(start + sample * width) };
    }
    at = start + size + (size % 2); // chunks lie on even places
  }
  return bad('the WAV has no samples');
}

interface SampleReader {
  /** Bytes of one sample. */
  readonly width: number;
  /** The sample at this byte, from -1 to 1. */
  readonly at: (byte: number) => number;
}

function readerOf(view: DataView, at: number, size: number): SampleReader | undefined {
  const tag = view.getUint16(at, true);
  // The extensible form keeps the real tag at the start of its sub-format.
  const format = tag === EXTENSIBLE && size >= 26 ? view.getUint16(at + 24, true) : tag;
  const bits = view.getUint16(at + 14, true);
  if (format === FLOAT) return bits === 32 ? { width: 4, at: (byte) => view.getFloat32(byte, true) } : undefined;
  if (format !== PCM) return undefined;
  if (bits === 8) return { width: 1, at: (byte) => (view.getUint8(byte) - 128) / 0x80 };
  if (bits === 16) return { width: 2, at: (byte) => view.getInt16(byte, true) / 0x8000 };
  if (bits === 24)
    return { width: 3, at: (byte) => ((view.getInt16(byte + 1, true) << 8) | view.getUint8(byte)) / 0x80_0000 };
  return bits === 32 ? { width: 4, at: (byte) => view.getInt32(byte, true) / 0x8000_0000 } : undefined;
}
