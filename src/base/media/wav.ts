const HEADER_BYTES = 44;
const BYTES_PER_SAMPLE = 2;
/** WAVE_FORMAT_PCM in the `fmt ` chunk (RIFF/WAVE, Multimedia Programming Interface 1.0). */
const PCM = 1;

/** A RIFF/WAVE file with one channel of 16-bit samples. */
export function encodeWav(samples: Int16Array, sampleRate: number): Uint8Array {
  const dataBytes = samples.length * BYTES_PER_SAMPLE;
  const file = new Uint8Array(HEADER_BYTES + dataBytes);
  const view = new DataView(file.buffer);
  const tag = (at: number, text: string): void => void new TextEncoder().encodeInto(text, file.subarray(at));

  tag(0, 'RIFF');
  view.setUint32(4, file.byteLength - 8, true);
  tag(8, 'WAVEfmt ');
  view.setUint32(16, 16, true); // what follows of `fmt `
  view.setUint16(20, PCM, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * BYTES_PER_SAMPLE, true);
  view.setUint16(32, BYTES_PER_SAMPLE, true);
  view.setUint16(34, 8 * BYTES_PER_SAMPLE, true);
  tag(36, 'data');
  view.setUint32(40, dataBytes, true);
  for (const [at, sample] of samples.entries()) view.setInt16(HEADER_BYTES + at * BYTES_PER_SAMPLE, sample, true);
  return file;
}

/** How long a file of `encodeWav` plays, in seconds; its bytes a second are in the header. */
export function wavSeconds(file: Uint8Array): number {
  const bytesPerSecond = new DataView(file.buffer, file.byteOffset).getUint32(28, true);
  return (file.byteLength - HEADER_BYTES) / bytesPerSecond;
}
