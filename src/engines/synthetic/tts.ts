import { encodeWav } from '../../base/media/wav.ts';

const SAMPLE_RATE = 22_050;
const SECONDS = 1;
/** Of full scale: loud enough to hear, far enough from clipping. */
const LOUDNESS = 0.4 * 32_767;

/** The tone of a digest: 220 to 880 Hz by its first byte (studio contract). */
export const toneHz = (digest: Uint8Array): number => 220 + ((digest[0] ?? 0) * 660) / 255;

/** One second of the digest's tone as a WAV file. */
export function speak(digest: Uint8Array): Uint8Array {
  const turn = 2 * Math.PI * toneHz(digest);
  const samples = Int16Array.from({ length: SAMPLE_RATE * SECONDS }, (_, n) =>
    Math.trunc(Math.sin((turn * n) / SAMPLE_RATE) * LOUDNESS),
  );
  return encodeWav(samples, SAMPLE_RATE);
}
