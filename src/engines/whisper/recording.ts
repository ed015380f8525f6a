import { WorkerError } from '../../base/errors.ts';
import { formatDuration, SECOND_MS } from '../../base/units.ts';
import { fileKind } from './file-kind.ts';
import { resample } from './resample.ts';
import { isWav, monoOf, readWav } from './wav.ts';

/** Samples a second of what Whisper reads. */
export const SAMPLE_RATE = 16_000;
/** What fits into the child's memory with room to spare: two hours and twenty minutes. */
const MAX_SECONDS = 8_400;
/** Of full scale, about -66 dB: what dither leaves of silence stays below it, a whisper is above. */
const MIN_RMS = 0.0005;
const LOUDNESS_SECONDS = 0.1;

/** What a file has to be read with: our own reader, another program, or nothing because it is no recording. */
export function readerFor(bytes: Uint8Array): 'own' | 'other' | 'none' {
  if (isWav(bytes)) return readWav(bytes).is === 'foreign' ? 'other' : 'own';
  return fileKind(bytes) === 'binary' ? 'other' : 'none';
}

/** @throws WorkerError `task.audio-unreadable` */
export const unreadable = (because: string): WorkerError =>
  new WorkerError('task.audio-unreadable', `the audio is unreadable: ${because}`, {
    hint: 'Create the job with the URL of the audio file itself, such as a WAV or an MP3, that needs no login.',
  });

/**
 * The samples of a WAV as Whisper reads them.
 *
 * @throws WorkerError `task.audio-unreadable` | `task.audio-empty` | `task.audio-silent` | `task.invalid`
 */
export function samplesOf(bytes: Uint8Array): Float32Array {
  const read = readWav(bytes);
  if (read.is !== 'wav') throw unreadable(read.because);
  const { frames, rate } = read.wav;
  if (frames === 0) {
    throw new WorkerError('task.audio-empty', 'the audio is empty', {
      hint: 'Record it again, and create the job with the new file.',
    });
  }
  if (frames / rate > MAX_SECONDS) {
    throw new WorkerError('task.invalid', `the audio is longer than ${formatDuration(MAX_SECONDS * SECOND_MS)}`, {
      hint: 'Cut it, and create a job for each part.',
    });
  }
  const samples = resample(monoOf(read.wav), rate, SAMPLE_RATE);
  if (isSilent(samples)) {
    throw new WorkerError('task.audio-silent', 'the audio is silence from its start to its end', {
      hint: 'Check the microphone or the track that was recorded: Whisper would make words up.',
    });
  }
  return samples;
}

/** Whether no tenth of a second is above silence. A steady offset cannot be heard, so it is subtracted. */
function isSilent(samples: Float32Array): boolean {
  const size = SAMPLE_RATE * LOUDNESS_SECONDS;
  for (let at = 0; at < samples.length; at += size) {
    const part = samples.subarray(at, at + size);
    let [sum, squares] = [0, 0];
    for (const sample of part) {
      sum += sample;
      squares += sample * sample;
    }
    const mean = sum / part.length;
    if (Math.sqrt(Math.max(0, squares / part.length - mean * mean)) >= MIN_RMS) return false;
  }
  return true;
}

/** Whisper ignores what is shorter. */
const MIN_SAMPLES = SAMPLE_RATE;

/** Samples as 16-bit numbers, which is what the library takes, padded with silence where there are few. */
export function toPcm(samples: Float32Array): Int16Array<ArrayBuffer> {
  const pcm = new Int16Array(Math.max(MIN_SAMPLES, samples.length));
  for (let at = 0; at < samples.length; at++) {
    pcm[at] = Math.round(Math.min(1, Math.max(-1, samples[at] ?? 0)) * 0x7fff);
  }
  return pcm;
}
