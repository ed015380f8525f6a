import { tagAt, viewOf } from './binary.ts';
import { bad, type CheckResult, GOOD, unchecked } from './check-result.ts';

/** Of full scale, about -66 dB: what dither and a resampler leave of nothing stays below it, a whisper is above. */
const MIN_RMS = 0.0005;
/** Of longer audio this many samples are read, spread evenly: a millisecond of work. */
const MAX_SAMPLES = 1 << 16;
/** `wFormatTag` (RIFF/WAVE, Multimedia Programming Interface 1.0, and WAVEFORMATEXTENSIBLE). */
const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
/** What programs that cannot go back write for a size they do not know yet. */
const OPEN_END = 0xffff_ffff;

interface Wave {
  readonly read: (sample: number) => number;
  readonly samples: number;
}

/** Checks audio: a WAV is whole, has length and is not silence. Of other formats only the kind is checked. */
export function checkAudio(bytes: Uint8Array, expected: { readonly mayBeSilent: boolean }): CheckResult {
  if (tagAt(bytes, 0) !== 'RIFF') {
    const kind = otherFormat(bytes);
    return kind === undefined ? bad('the audio is of no known format') : unchecked(`${kind} is not checked`);
  }
  const wave = readWave(bytes);
  if ('is' in wave) return wave;
  if (wave.samples === 0) return bad('the audio has no length');
  if (expected.mayBeSilent || rmsOf(wave) >= MIN_RMS) return GOOD;
  return bad('the audio is silent');
}

/** By their first bytes. An MP3 starts with a tag or with eleven set bits. */
function otherFormat(bytes: Uint8Array): string | undefined {
  const tag = tagAt(bytes, 0);
  if (tag === 'OggS') return 'Ogg';
  if (tag === 'fLaC') return 'FLAC';
  if (tagAt(bytes, 4) === 'ftyp') return 'MP4';
  const isMp3 = tag.startsWith('ID3') || (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe0) === 0xe0);
  return isMp3 ? 'MP3' : undefined;
}

function readWave(bytes: Uint8Array): Wave | CheckResult {
  if (tagAt(bytes, 8) !== 'WAVE') return bad('the audio is not a WAV file');
  const view = viewOf(bytes);
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

/** Its loudness as a root mean square. A steady offset cannot be heard, so it is taken off. */
function rmsOf({ read, samples }: Wave): number {
  const step = Math.ceil(samples / MAX_SAMPLES) | 1;
  let [sum, squares, count] = [0, 0, 0];
  for (let sample = 0; sample < samples; sample += step, count += 1) {
    const level = read(sample);
    sum += level;
    squares += level * level;
  }
  const mean = sum / count;
  return Math.sqrt(Math.max(0, squares / count - mean * mean));
}
