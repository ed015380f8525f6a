import { WorkerError } from '../../base/errors.ts';
import { encodeWav } from '../../base/media/wav.ts';

/** Between two sentences, as Piper itself makes it. */
const PAUSE_SECONDS = 0.2;
/** Of full scale: loud, and with room for what a lossy format adds to a peak. */
const PEAK = 0.95;
/** A quieter peak is no speech, and is not made into noise (rhasspy/piper `audio_float_to_int16`). */
const MIN_PEAK = 0.01;
/** An hour of speech is the result of a mistake; it would be 300 MB in memory. */
const MAX_SECONDS = 3600;

/** Sentences that were spoken, one after the other. */
export interface Speech {
  /** @throws WorkerError `engine.failed` for NaN or infinite values | `task.text-too-long` */
  add(samples: Float32Array): void;
  /** All of it as a WAV file with one channel, as loud as it can be without distortion. */
  wav(): Uint8Array;
}

/** An empty speech at a voice's own sample rate, in samples a second. */
export function createSpeech(sampleRate: number): Speech {
  const pauseSamples = Math.round(PAUSE_SECONDS * sampleRate);
  const sentences: Float32Array[] = [];
  let count = 0;
  let peak = MIN_PEAK;
  return {
    add(samples) {
      peak = Math.max(peak, peakOf(samples));
      count += samples.length + (sentences.length === 0 ? 0 : pauseSamples);
      if (count > MAX_SECONDS * sampleRate) {
        throw new WorkerError('task.text-too-long', `the text takes longer than ${MAX_SECONDS / 60} minutes to speak`, {
          hint: 'Create a job for each part of the text, or ask for a higher speed.',
        });
      }
      sentences.push(samples);
    },
    wav() {
      const whole = new Int16Array(count);
      const gain = (PEAK * 0x7fff) / peak;
      let at = 0;
      for (const samples of sentences) {
        for (const [index, sample] of samples.entries()) whole[at + index] = Math.round(sample * gain);
        at += samples.length + pauseSamples;
      }
      return encodeWav(whole, sampleRate);
    },
  };
}

/** @throws WorkerError `engine.failed` */
function peakOf(samples: Float32Array): number {
  let peak = 0;
  for (const sample of samples) {
    if (!Number.isFinite(sample)) throw new WorkerError('engine.failed', 'the model returned NaN or infinite values');
    peak = Math.max(peak, Math.abs(sample));
  }
  return peak;
}
