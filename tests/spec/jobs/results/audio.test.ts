import { expect, test } from 'bun:test';
import type { TaskResult } from '../../../../src/engines/result.ts';
import { encodeWav } from '../../../../src/base/media/wav.ts';
import { file, setup } from './check-scene.ts';
import { aWav } from './result-files.ts';

const SPEECH = { kind: 'audio_tts', text: 'hello there' } as const;
const tone = Int16Array.from({ length: 2_000 }, (_, n) => 3_000 * Math.sin(n / 5));

test('audio of some length and loudness passes, silence and cut files do not', async () => {
  const { problemOf } = setup();
  const spoken = encodeWav(tone, 22_050);
  expect(await problemOf(SPEECH, file(spoken, 'wav'))).toBeUndefined();
  expect(await problemOf(SPEECH, file(encodeWav(new Int16Array(2_000), 22_050), 'wav'))).toBe('the audio is silent');
  expect(await problemOf(SPEECH, file(encodeWav(new Int16Array(2_000).fill(900), 22_050), 'wav'))).toBe(
    'the audio is silent',
  );
  expect(await problemOf(SPEECH, file(encodeWav(new Int16Array(), 22_050), 'wav'))).toBe('the audio has no length');
  expect(await problemOf(SPEECH, file(spoken.subarray(0, 300), 'wav'))).toBe('the WAV is cut off');
  expect(await problemOf(SPEECH, file(spoken.subarray(0, 30), 'wav'))).toBe('the WAV is cut off');
  expect(await problemOf(SPEECH, file(spoken.subarray(0, 36), 'wav'))).toBe('the WAV has no samples');
});

const FORMS = [
  { format: 1, bits: 8 },
  { format: 1, bits: 16 },
  { format: 1, bits: 24 },
  { format: 1, bits: 32 },
  { format: 3, bits: 32 },
  { format: 1, bits: 16, extensible: true },
  { format: 1, bits: 16, openEnd: true },
];

test.each(FORMS)('loudness is read from a WAV of format $format with $bits bits', async (form) => {
  const { problemOf } = setup();
  const soft = Array.from({ length: 400 }, (_, n) => 0.02 * Math.sin(n / 3));
  expect(await problemOf(SPEECH, file(aWav(form, soft), 'wav'))).toBeUndefined();
  expect(await problemOf(SPEECH, file(aWav(form, soft.fill(0)), 'wav'))).toBe('the audio is silent');
});

test('a text without a word in it may be spoken as silence', async () => {
  const { problemOf } = setup();
  const silence = file(encodeWav(new Int16Array(2_000), 22_050), 'wav');
  expect(await problemOf({ kind: 'audio_tts', text: '… !' }, silence)).toBeUndefined();
});

test('audio formats that are not checked pass, unknown bytes do not', async () => {
  const { problemOf, log } = setup();
  const text = (start: string): TaskResult => file(new TextEncoder().encode(`${start}........`), 'x');
  expect(await problemOf(SPEECH, text('OggS'))).toBeUndefined();
  expect(await problemOf(SPEECH, text('fLaC'))).toBeUndefined();
  expect(await problemOf(SPEECH, text('ID3.'))).toBeUndefined();
  expect(await problemOf(SPEECH, text('....ftypM4A '))).toBeUndefined();
  expect(await problemOf(SPEECH, file(Uint8Array.of(0xff, 0xfb, 0, 0), 'mp3'))).toBeUndefined();
  expect(await problemOf(SPEECH, file(aWav({ format: 6, bits: 8 }, [0, 1]), 'wav'))).toBeUndefined();
  expect(log.names()).toEqual(Array<string>(6).fill('result.unchecked'));
  expect(await problemOf(SPEECH, text('<html>'))).toBe('the audio is of no known format');
  expect(await problemOf(SPEECH, text('RIFF....AVI '))).toBe('the audio is not a WAV file');
  expect(await problemOf(SPEECH, text('RIFF....WAVEdata'))).toBe('the WAV does not say what its samples are');
});
