import { beforeAll, expect, test } from 'bun:test';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createImages } from '../../src/system/native/sharp-images.ts';
import { alone, BUILD_LIMIT_MS, builtBinary } from './built.ts';

beforeAll(() => builtBinary(), BUILD_LIMIT_MS);

const images = createImages({ native: { unpack: () => Promise.resolve(undefined) } });

test('the executable alone does the main job: six kinds, each with its result', async () => {
  await using program = await alone(await builtBinary());
  // No ffmpeg there, so that a video is the same file on every machine.
  const demo = await program.run(['demo'], { TMPDIR: program.home, PATH: program.home });
  expect({ code: demo.code, stderr: demo.stderr }).toEqual({ code: 0, stderr: '' });
  const out = join(program.cwd, 'studio-worker-demo');
  expect((await readdir(out)).toSorted()).toEqual([
    'audio_tts.wav',
    'image.webp',
    'index.html',
    'mesh.glb',
    'video.webp',
  ]);
  const bytesOf = (name: string) => Bun.file(join(out, name)).bytes();
  expect(await images.probe(await bytesOf('image.webp'))).toMatchObject({ format: 'webp', width: 512, height: 512 });
  expect(await images.probe(await bytesOf('video.webp'))).toMatchObject({ width: 256, height: 256, pages: 24 });
  expect((await bytesOf('audio_tts.wav')).byteLength).toBe(44_144);
  expect(demo.stdout).toContain('[synthetic] transcript of 09557dd784bfa735');
});

test('the executable alone runs four real engines on weights it makes itself', async () => {
  await using program = await alone(await builtBinary());
  const out = join(program.cwd, 'results');
  const demo = await program.run(['demo', '--real', '--json', '--out', out], { TMPDIR: program.home });
  expect({ code: demo.code, stderr: demo.stderr }).toEqual({ code: 0, stderr: '' });
  const jobs: readonly object[] = JSON.parse(demo.stdout);
  const good = { state: 'completed', ranOn: 'cpu', loadMs: expect.any(Number), runMs: expect.any(Number) };
  expect(jobs).toMatchObject([
    { ...good, engine: 'llama-cpp', text: expect.stringMatching(/^Hello from a (tiny|small) model here$/) },
    { ...good, engine: 'onnx', file: join(out, 'image.webp') },
    { ...good, engine: 'piper', file: join(out, 'audio_tts.wav') },
    { ...good, engine: 'whisper-cpp', text: expect.stringMatching(/the fox crosses the ice/i) },
  ]);
  expect(await images.probe(await Bun.file(join(out, 'image.webp')).bytes())).toMatchObject({
    width: 512,
    height: 384,
  });
  expect(await readdir(program.cwd)).toEqual(['results']);
  expect(await readdir(program.home)).toEqual(['.cache']);
}, 240_000);

test('the demonstration leaves nothing behind but its results and the cache', async () => {
  await using program = await alone(await builtBinary());
  await program.run(['demo', '--out', join(program.cwd, 'results')], { TMPDIR: program.home });
  expect(await readdir(program.cwd)).toEqual(['results']);
  expect(await readdir(program.home)).toEqual(['.cache']);
});

test('a config command of the executable needs no image library', async () => {
  await using program = await alone(await builtBinary());
  const set = await program.run(['set-threshold', '8', '--config', join(program.cwd, 'worker', 'config.toml')]);
  expect(set).toEqual({ code: 0, stdout: 'vram_threshold_gb = 8\n', stderr: '' });
  expect(await readdir(program.home)).toEqual([]);
});
