import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { aTask } from '../../../fakes/builders.ts';
import { FFMPEG } from '../../../fakes/engines/ffmpeg.ts';
import { SENTENCE, tone, whisperScene } from '../../../fakes/engines/whisper-engine.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import { floatWav } from '../../../fakes/engines/float-wav.ts';
import { USUAL } from '../../../fakes/engines/loading.ts';

/** Each is made, fetched, decoded and written down, on a busy machine. */
setDefaultTimeout(120_000);

/** A quarter of a second of a tone in containers that do not begin with a mark of audio. */
const FIXTURES = join(import.meta.dir, '../../../fixtures/audio');

const signal = new AbortController().signal;
const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());
const scene = stack.use(whisperScene());
const model = stack.use(await scene.engine.load(scene.files, signal, USUAL));

/** A tone of one and a half seconds in another format. */
async function recorded(name: string, how: readonly string[]): Promise<Uint8Array> {
  const [from, to] = [join(scene.folder, 'tone.wav'), join(scene.folder, name)];
  await Bun.write(from, floatWav(tone(1.5), 16_000));
  const child = Bun.spawn([FFMPEG, '-v', 'error', '-y', '-i', from, ...how, to], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  expect(await new Response(child.stderr).text()).toBe('');
  return await Bun.file(to).bytes();
}

test.each([
  ['a.mp3', ['-c:a', 'libmp3lame']],
  ['untitled.mp3', ['-c:a', 'libmp3lame', '-id3v2_version', '0', '-write_xing', '0']],
  ['a.flac', []],
  ['a.ogg', ['-c:a', 'libvorbis']],
  ['a.opus', ['-c:a', 'libopus']],
  ['a.m4a', ['-c:a', 'aac']],
  ['a.webm', ['-c:a', 'libopus']],
  ['a.aac', ['-c:a', 'aac']],
  ['a.aiff', []],
  ['phone.wav', ['-c:a', 'pcm_alaw', '-ar', '8000']],
  ['studio.wav', ['-c:a', 'pcm_s24le', '-ar', '96000', '-ac', '2']],
  ['surround.wav', ['-c:a', 'pcm_f64le', '-ar', '44100', '-ac', '6']],
])('a recording as %s is written down at its full length', async (name, how) => {
  const inputUrl = `https://example.invalid/${name}`;
  scene.web.set(inputUrl, await recorded(name, how));
  const result = await model.run(aTask({ kind: 'audio_stt', inputUrl }), {
    signal,
    progress: () => {},
    emit: () => {},
  });
  // Lossy formats come with a moment of silence at their ends.
  const duration: unknown = expect.closeTo(1.5, 0);
  expect(result).toMatchObject({ is: 'json', value: { text: SENTENCE, duration } });
});

test.each(readdirSync(FIXTURES))('%s, which another program wrote, is transcribed', async (name) => {
  const inputUrl = `https://example.invalid/${name}`;
  scene.web.set(inputUrl, await Bun.file(join(FIXTURES, name)).bytes());
  const task = aTask({ kind: 'audio_stt', inputUrl });
  const result = await model.run(task, { signal, progress: () => {}, emit: () => {} });
  expect(result).toMatchObject({ is: 'json', value: { text: SENTENCE } });
});

test('a damaged recording fails by name and is not retried', async () => {
  const inputUrl = 'https://example.invalid/cut.flac';
  scene.web.set(inputUrl, new TextEncoder().encode(`fLaC${'\0'.repeat(100)}`));
  const running = model.run(aTask({ kind: 'audio_stt', inputUrl }), { signal, progress: () => {}, emit: () => {} });
  expect(await failureOf(running)).toMatchObject({ code: 'task.audio-unreadable', retryable: false });
});
