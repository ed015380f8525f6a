import { expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { encodeWav } from '../../../../src/base/media/wav.ts';
import { monoOfWav } from '../../../fakes/engines/float-wav.ts';
import { anFfmpeg, FFMPEG, type FfmpegChoice } from '../../../fakes/engines/ffmpeg.ts';
import { failureOf, tempFolder } from '../../../fakes/system/temp-folder.ts';

const RATE = 16_000;
const TONE_HZ = 440;

/** The machine's own ffmpeg, in a folder that has to be empty again afterwards. */
async function setup(choice: FfmpegChoice = {}) {
  const folder = await tempFolder();
  const ffmpeg = anFfmpeg(folder.path, choice);
  const { signal } = new AbortController();
  return {
    folder,
    decode: async (bytes: Uint8Array, sampleRate = RATE) =>
      monoOfWav(await ffmpeg.decodeAudio(bytes, { sampleRate, signal })),
    encode: (wav: Uint8Array, ext: string) => ffmpeg.encodeAudio(wav, { ext, signal }),
    leftovers: () => readdirSync(folder.path),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

const tone = (seconds: number, rate = RATE): Uint8Array =>
  encodeWav(
    Int16Array.from({ length: seconds * rate }, (_, n) => 16_000 * Math.sin((2 * Math.PI * TONE_HZ * n) / rate)),
    rate,
  );

/** Twice a turn the tone goes through nothing. */
const crossings = (samples: Float32Array): number =>
  samples.reduce((count, sample, at) => count + Number(sample >= 0 !== (samples[at - 1] ?? sample) >= 0), 0);

const text = (words: string): Uint8Array => new TextEncoder().encode(words);

test('a WAV file becomes the samples it holds', async () => {
  await using worker = await setup();
  const samples = await worker.decode(tone(1));
  expect(samples.length).toBe(RATE);
  expect(Math.max(...samples)).toBeCloseTo(16_000 / 32_768, 3);
  expect(crossings(samples)).toBeWithin(2 * TONE_HZ - 3, 2 * TONE_HZ + 3);
  expect(worker.leftovers()).toEqual([]);
});

test.each(['mp3', 'ogg', 'opus', 'flac', 'm4a'])(
  'audio goes into %s and comes back in its length and pitch',
  async (ext) => {
    await using worker = await setup();
    const file = await worker.encode(tone(1, 22_050), ext);
    const samples = await worker.decode(file);
    // Encoders that lose something add or cut a little at the ends.
    expect(samples.length).toBeWithin(RATE * 0.95, RATE * 1.15);
    expect(crossings(samples.subarray(RATE / 4, (3 * RATE) / 4))).toBeWithin(TONE_HZ - 5, TONE_HZ + 5);
    expect(worker.leftovers()).toEqual([]);
  },
);

test('the same audio gives the same file', async () => {
  await using worker = await setup();
  expect(await worker.encode(tone(1), 'ogg')).toEqual(await worker.encode(tone(1), 'ogg'));
});

test('audio of any sample rate is converted to the requested one', async () => {
  await using worker = await setup();
  expect((await worker.decode(tone(1, 44_100))).length).toBe(RATE);
  expect((await worker.decode(tone(1, 8_000), 24_000)).length).toBe(24_000);
});

test.each(['wav', 'mp3', 'flac'])('a %s with one channel turned around is not silence', async (ext) => {
  await using worker = await setup();
  const path = worker.folder.at(`turned.${ext}`);
  await writeFile(worker.folder.at('tone.wav'), tone(1));
  const turned = ['-i', worker.folder.at('tone.wav'), '-af', 'pan=stereo|c0=c0|c1=-1*c0', '-y', path];
  expect(await Bun.spawn([FFMPEG, '-v', 'error', ...turned], { stdin: 'ignore' }).exited).toBe(0);
  const samples = await worker.decode(await Bun.file(path).bytes());
  expect(Math.max(...samples)).toBeGreaterThan(0.4);
});

test('a list of other files is not followed, however it is written', async () => {
  await using worker = await setup();
  const other = worker.folder.at('other.wav');
  await writeFile(other, tone(1));
  const lists = [
    `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${other}\n#EXT-X-ENDLIST\n`,
    `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/secret.ts\n#EXT-X-ENDLIST\n`,
    `ffconcat version 1.0\nfile other.wav\n`,
    `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n`,
  ];
  for (const list of lists) {
    expect(await failureOf(worker.decode(text(list)))).toHaveProperty('code', 'task.audio-unreadable');
  }
  expect(worker.leftovers()).toEqual(['other.wav']);
});

test.each([
  ['nothing', new Uint8Array(), 'unreadable'],
  ['a web page', text('<!doctype html><title>not found</title>'), 'unreadable'],
  ['noise', Uint8Array.from({ length: 5000 }, (_, n) => (n * 7919) % 251), 'unreadable'],
  ['a WAV header and nothing after it', tone(0), 'empty'],
  ['a cut header', tone(1).subarray(0, 20), 'unreadable'],
])('%s is refused as audio, with what to check', async (_, bytes, problem) => {
  await using worker = await setup();
  expect(await failureOf(worker.decode(bytes))).toMatchObject({
    code: `task.audio-${problem}`,
    message: expect.not.stringMatching(/0x|studio-worker/),
    hint: expect.stringContaining('Check the file that the task names'),
  });
  expect(worker.leftovers()).toEqual([]);
});

test('a small file with a long silence in it is refused', async () => {
  await using worker = await setup({ maxSampleBytes: 4 * RATE * 10 });
  const bomb = await worker.encode(encodeWav(new Int16Array(60 * RATE), RATE), 'flac');
  expect(bomb.byteLength).toBeLessThan(20_000);
  expect(await failureOf(worker.decode(bomb))).toMatchObject({
    code: 'task.audio-too-long',
    message: 'the audio is longer than 10.0 s',
  });
  expect(worker.leftovers()).toEqual([]);
});

test('an extension that no audio has is refused with those that are known', async () => {
  await using worker = await setup();
  expect(await failureOf(worker.encode(tone(1), 'exe'))).toMatchObject({
    code: 'task.format-unsupported',
  });
});
