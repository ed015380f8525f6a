import { expect, test } from 'bun:test';
import { readerFor, samplesOf, toPcm } from '../../../../src/engines/whisper/recording.ts';
import { floatWav } from '../../../fakes/engines/float-wav.ts';
import { tone } from '../../../fakes/engines/whisper-engine.ts';

const text = (...parts: readonly string[]): Uint8Array => Uint8Array.from(Buffer.from(parts.join(''), 'latin1'));
const alaw = floatWav(tone(0.1), 16_000);
alaw[20] = 6;

test.each([
  ['own', 'a WAV', floatWav(tone(0.1), 16_000)],
  ['own', 'a WAV that is cut off', floatWav(tone(0.1), 16_000).subarray(0, 100)],
  ['other', 'a WAV of A-law', alaw],
  ['other', 'an MP3 with a title', text('ID3\x04rest')],
  ['other', 'an MP3 without', text('\xff\xfb\x90\x64')],
  ['other', 'an AAC stream', text('\xff\xf1\x50\x80')],
  ['other', 'an MPEG transport stream', text('G@\x11\x10\0B\xf0%')],
  ['other', 'an AVI', text('RIFF\xff\xff\xff\xffAVI LIST')],
  ['other', 'an FLV', text('FLV\x01\x04\0\0\0\x09')],
  ['other', 'an MPEG program stream', text('\0\0\x01\xba!\0\x01')],
  ['other', 'an AC-3 stream', text('\x0bw\x82L\x8c@')],
  ['other', 'a WavPack', text('wvpk,\x07\0\0')],
  ['other', 'a Wave64', text('riff.\x91\xcf\x11')],
  ['other', 'a MOV that begins with room', text('\0\0\0\x08wide\0\0\0\x14ftypqt')],
  ['other', 'an MP3 behind zeros', text('\0'.repeat(600), '\xff\xfb\x90\x64')],
  ['other', 'an MP3 behind a tag of APE', text('APETAGEX\xd0\x07\0\0')],
  ['other', 'a NIST SPHERE', text('NIST_1A\n   1024\n', ' '.repeat(1_008), '\0\x01')],
  ['other', 'an Ogg', text('OggS\0\x02')],
  ['other', 'a FLAC', text('fLaC\0\0\0\x22')],
  ['other', 'an M4A', text('\0\0\0\x20ftypM4A ')],
  ['other', 'a WebM', text('\x1aE\xdf\xa3\x01')],
  ['none', 'no bytes', new Uint8Array()],
  ['none', 'a web page', text('<!doctype html><title>Sign in</title>')],
  ['none', 'an error', text('{"error":"not found"}')],
  ['none', 'a picture', text('\x89PNG\r\n\x1a\n')],
  ['none', 'a WebP', text('RIFF\x24\0\0\0WEBPVP8 ')],
  ['none', 'an AVIF', text('\0\0\0\x20ftypavif')],
  ['none', 'a BMP', text('BM6\0\x0c\0\0\0\0\x006\0\0\0')],
  ['none', 'a GIF', text('GIF89a\x01\0')],
  ['none', 'a TIFF', text('II*\0\x08\0\0\0')],
  ['none', 'an SVG', text('<?xml version="1.0"?><svg/>')],
  ['none', 'a text in another script', new TextEncoder().encode('これは文章です。'.repeat(600))],
  ['none', 'a JPEG', text('\xff\xd8\xff\xe0')],
  ['none', 'a text of two bytes a character', text('\xff\xfeh\0i\0')],
])('%s reader is for %s', (reader, _what, bytes) => {
  expect<string>(readerFor(bytes)).toBe(reader);
});

const loud = 0.1;
test.each([
  ['task.audio-unreadable', 'what is no WAV', text('RIFF')],
  ['task.audio-unreadable', 'a WAV that is cut off in its format', floatWav(tone(0.1), 16_000).subarray(0, 30)],
  ['task.audio-empty', 'a WAV without a sample', floatWav(new Float32Array(), 16_000)],
  ['task.audio-silent', 'a WAV of zeros', floatWav(new Float32Array(16_000), 16_000)],
  ['task.audio-silent', 'a WAV with a steady offset', floatWav(new Float32Array(16_000).fill(0.3), 16_000)],
  ['task.audio-silent', 'a WAV of dither', floatWav(tone(1, { loud: 1 / 0x8000 }), 16_000)],
  ['task.invalid', 'a WAV of three hours', floatWav(tone(3 * 3_600, { rate: 1_000, loud }), 1_000)],
])('%s is the answer to %s, and is not tried again', (code, _what, bytes) => {
  expect(() => samplesOf(bytes)).toThrow(expect.objectContaining({ code, retryable: false }));
});

test('one short word in a minute of silence is transcribed', () => {
  const samples = new Float32Array(60 * 16_000);
  samples.set(tone(0.1, { loud: 0.02 }), 30 * 16_000);
  expect(samplesOf(floatWav(samples, 16_000))).toEqual(samples);
});

test('a recording is clipped at full scale and padded to one second', () => {
  const pcm = toPcm(Float32Array.of(0, 0.5, 2, -2));
  expect([...pcm.subarray(0, 4)]).toEqual([0, 16_384, 32_767, -32_767]);
  expect(pcm.length).toBe(16_000);
});
