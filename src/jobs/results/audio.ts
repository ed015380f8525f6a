import { tagAt } from './binary.ts';
import { bad, type CheckFinding, GOOD, unchecked } from './check-finding.ts';
import { fileTypeOf } from './file-type.ts';
import { readWave, type WavSamples } from './wav.ts';

/** Of full scale, about -66 dB: what dither and a resampler leave of nothing stays below it, a whisper is above. */
const MIN_RMS = 0.0005;
/** Of longer audio this many samples are read, spread evenly: a millisecond of work. */
const MAX_SAMPLES = 1 << 16;

/** Checks audio: a WAV is whole, has length and is not silence. Of other formats only the kind is checked. */
export function checkAudio(bytes: Uint8Array, expected: { readonly mayBeSilent: boolean }): CheckFinding {
  if (tagAt(bytes, 0) !== 'RIFF') {
    const kind = SHOWN.get(fileTypeOf(bytes));
    return kind === undefined ? bad('the audio is of no known format') : unchecked(`${kind} is not checked`);
  }
  const wave = readWave(bytes);
  if ('is' in wave) return wave;
  if (wave.samples === 0) return bad('the audio has no length');
  if (expected.mayBeSilent || rmsOf(wave) >= MIN_RMS) return GOOD;
  return bad('the audio is silent');
}

const SHOWN: ReadonlyMap<string | undefined, string> = new Map([
  ['ogg', 'Ogg'],
  ['flac', 'FLAC'],
  ['mp4', 'MP4'],
  ['mp3', 'MP3'],
]);

/** Its loudness as a root mean square. A steady offset cannot be heard, so it is taken off. */
function rmsOf({ read, samples }: WavSamples): number {
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
