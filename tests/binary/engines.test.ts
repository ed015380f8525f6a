import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import type { RunContext } from '../../src/engines/engine.ts';
import { aTask, synthetic } from '../fakes/builders.ts';
import { readMp4 } from '../../src/jobs/results/mp4.ts';
import { gradioApp } from '../fakes/engines/gradio-app.ts';
import { fakeStudio } from '../fakes/studio/fake-studio.ts';
import { fileServer } from '../fakes/models/file-server.ts';
import { inpaintingModel } from '../../src/demo/weights/inpainting.ts';
import { images, onnxScene, paint } from '../fakes/engines/onnx-engine.ts';
import { SENTENCE, whisperScene } from '../fakes/engines/whisper-engine.ts';
import { alone, BUILD_LIMIT_MS, builtBinary } from './built.ts';
import { serving } from './worker.ts';
import { USUAL } from '../fakes/engines/loading.ts';
import { PATIENCE_MS } from '../flow/wait-for.ts';

setDefaultTimeout(2 * PATIENCE_MS);
beforeAll(() => builtBinary(), BUILD_LIMIT_MS);

const ball = (x: number, y: number): boolean => Math.hypot(x - 60, y - 50) < 12;
const PICTURE = await paint(160, 120, (x, y) => (ball(x, y) ? [255, 0, 0] : [40 + x / 4, 110, 40 + y / 4]));
const MASK = await paint(160, 120, (x, y) => (Math.hypot(x - 60, y - 50) < 18 ? 255 : 0));
const TASK = { kind: 'image', prompt: 'remove the ball', width: 160, height: 120, ext: 'png' } as const;

async function redOfTheBall(bytes: Uint8Array): Promise<number | undefined> {
  const { pixels, width, channels } = await images.decode(bytes);
  expect(width).toBe(160);
  return pixels[(50 * width + 60) * channels];
}

test('the executable alone carries every engine it lists as ready', async () => {
  await using program = await alone(await builtBinary());
  const { code, stdout, stderr } = await program.run(['engines', '--json', '--config', join(program.home, 'c.toml')]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const listed: unknown = JSON.parse(stdout);
  for (const [engine, kind] of [
    ['onnx', 'image'],
    ['piper', 'audio_tts'],
    ['llama-cpp', 'llm'],
    ['whisper-cpp', 'audio_stt'],
  ]) {
    // Some say more: what they run on, and what could be fetched for them.
    const ready: unknown = expect.objectContaining({ engine, ready: true, kinds: [kind], models: [`${engine}:*`] });
    expect(listed).toContainEqual(ready);
  }
});

test('the executable alone, as engine child, loads a model and removes an object', async () => {
  await using program = await alone(await builtBinary());
  using scene = onnxScene({ command: [program.path], env: program.env });
  const [initImageUrl, maskUrl] = ['https://studio.example/p', 'https://studio.example/m'];
  scene.web.set(initImageUrl, PICTURE).set(maskUrl, MASK);
  const context: RunContext = { signal: new AbortController().signal, progress: () => {}, emit: () => {} };
  await using model = await scene.engine.load(scene.files, context.signal, USUAL);
  const result = await model.run(aTask({ ...TASK, initImageUrl, maskUrl }), context);
  expect(result.is === 'artifact' && (await redOfTheBall(result.bytes))).toBeLessThan(100);
});

test('the executable alone writes down a recording', async () => {
  await using program = await alone(await builtBinary());
  using scene = whisperScene({ command: [program.path], env: program.env });
  const context: RunContext = { signal: new AbortController().signal, progress: () => {}, emit: () => {} };
  await using model = await scene.engine.load(scene.files, context.signal, USUAL);
  const task = aTask({ kind: 'audio_stt', inputUrl: 'https://example.invalid/a.wav' });
  expect(await model.run(task, context)).toMatchObject({ is: 'json', value: { text: SENTENCE, language: 'en' } });
});

test('a studio’s offer of a removal is served by the executable alone', async () => {
  await using program = await alone(await builtBinary());
  await using server = fileServer({ 'lama.onnx': inpaintingModel(), 'p.png': PICTURE, 'm.png': MASK });
  await using studio = await fakeStudio({ patienceMs: PATIENCE_MS });
  await using _worker = await serving(program, studio);
  const files = [{ role: 'model', url: server.url('lama.onnx'), filename: 'lama.onnx' }];
  const task = aTask({ ...TASK, initImageUrl: server.url('p.png'), maskUrl: server.url('m.png') });
  const { id } = await studio.createJob(task, {
    model: 'lama',
    modelSource: { ...synthetic, engine: 'onnx', files },
  });
  await studio.jobIs(id, 'completed');
  const artifact = await studio.operator('GET', `/jobs/${id}/artifact`);
  expect(await redOfTheBall(new Uint8Array(await artifact.arrayBuffer()))).toBeLessThan(100);
});

test('a Gradio job is served by the executable alone, which then exits', async () => {
  await using program = await alone(await builtBinary());
  await using app = await gradioApp();
  await using studio = await fakeStudio({ patienceMs: PATIENCE_MS });
  await using _worker = await serving(program, studio, { gradio_endpoint_url: app.url });
  const { id } = await studio.createJob(
    aTask({ kind: 'image', prompt: 'a golem', width: 48, height: 32, ext: 'png' }),
    {
      model: 'flux',
      modelSource: { ...synthetic, engine: 'gradio', files: [] },
    },
  );
  await studio.jobIs(id, 'completed');
  const artifact = await studio.operator('GET', `/jobs/${id}/artifact`);
  expect(await images.probe(new Uint8Array(await artifact.arrayBuffer()))).toMatchObject({ width: 48, height: 32 });
});

test('the executable alone makes the MP4 that a video offer asks for', async () => {
  await using program = await alone(await builtBinary());
  await using studio = await fakeStudio({ patienceMs: PATIENCE_MS });
  await using _worker = await serving(program, studio);
  const { id } = await studio.createJob(aTask({ kind: 'video', prompt: 'a fox', seconds: 1, width: 64, height: 64 }));
  await studio.jobIs(id, 'completed');
  const artifact = await studio.operator('GET', `/jobs/${id}/artifact`);
  const film = readMp4(new Uint8Array(await artifact.arrayBuffer()));
  expect(film).toEqual({ width: 64, height: 64, frames: 8, seconds: 1 });
});
