import { expect, setDefaultTimeout, test } from 'bun:test';
import sharp from 'sharp';
import type { JobView } from '../../../src/contract/operator/views.ts';
import type { ReadOutboundFrame } from '../../../src/contract/frames/outbound.ts';
import type { Task } from '../../../src/contract/tasks/index.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import { readMp4 } from '../../../src/jobs/results/mp4.ts';
import { aTask, anLlmTask } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { type Scene, setup, setupStudio } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';
import { READY } from '../../../src/engines/readiness.ts';

setDefaultTimeout(TEST_MS);

type Stage = Pick<Scene, 'studio'>;

/** Has the scene's worker do one job, from the operator's draft to the stored result. */
async function completed({ studio }: Stage, task: Task, about?: Readonly<Record<string, unknown>>): Promise<JobView> {
  const { id } = await studio.createJob(task, about);
  return studio.jobIs(id, 'completed');
}

async function artifactOf({ studio }: Stage, { id }: JobView): Promise<Uint8Array> {
  const answer = await studio.operator('GET', `/jobs/${id}/artifact`);
  expect(answer.status).toBe(200);
  return new Uint8Array(await answer.arrayBuffer());
}

test('an image comes back in the asked size and format', async () => {
  await using scene = await setup();
  const job = await completed(scene, aTask({ kind: 'image', prompt: 'a fox', width: 320, height: 200, ext: 'jpg' }));
  const { format, width, height } = await sharp(await artifactOf(scene, job)).metadata();
  expect({ format, width, height }).toEqual({ format: 'jpeg', width: 320, height: 200 });
  expect(job).toMatchObject({ attempts: 1, workerId: scene.worker.id, artifact: { ext: 'jpg' } });
});

test('an image has the pixels that the contract gives for its prompt', async () => {
  await using scene = await setup();
  const job = await completed(scene, aTask({ kind: 'image', prompt: 'hello world' }));
  const image = sharp(await artifactOf(scene, job)).removeAlpha();
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const pixel = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3).subarray(0, 3)];
  expect(info).toMatchObject({ width: 512, height: 512, channels: 3 });
  expect([pixel(0, 0), pixel(100, 300), pixel(300, 10), pixel(40, 75), pixel(256, 256)]).toEqual([
    [58, 90, 230],
    [47, 83, 217],
    [56, 89, 228],
    [46, 82, 215],
    [255, 255, 255],
  ]);
});

test('speech is one second of audio as the contract describes it', async () => {
  await using scene = await setup();
  const job = await completed(scene, aTask({ kind: 'audio_tts', text: 'hello world' }));
  const wav = Buffer.from(await artifactOf(scene, job));
  expect(wav.toString('latin1', 0, 4) + wav.toString('latin1', 8, 12)).toBe('RIFFWAVE');
  expect({ channels: wav.readUInt16LE(22), rate: wav.readUInt32LE(24), bits: wav.readUInt16LE(34) }).toEqual({
    channels: 1,
    rate: 22_050,
    bits: 16,
  });
  expect(wav.byteLength).toBe(44 + 2 * 22_050);
  expect(job.artifact?.contentType).toBe('audio/wav');
});

test('a video is an animation of the asked length, size and frame rate', async () => {
  await using scene = await setup();
  const size = { width: 96, height: 64 };
  const task = aTask({ kind: 'video', prompt: 'a fox runs', seconds: 1.5, fps: 8, ext: 'webp', ...size });
  const film = sharp(await artifactOf(scene, await completed(scene, task)), { animated: true });
  const { format, pages, width, pageHeight, delay = [] } = await film.metadata();
  expect({ format, pages, width, pageHeight }).toEqual({ format: 'webp', pages: 12, width: 96, pageHeight: 64 });
  expect(delay.reduce((sum, ms) => sum + ms, 0)).toBe(1_500);
});

test('a video is an MP4 where ffmpeg is, and travels as one', async () => {
  await using scene = await setup();
  const job = await completed(
    scene,
    aTask({ kind: 'video', prompt: 'a fox runs', seconds: 1.5, width: 96, height: 64 }),
  );
  expect(job.artifact).toMatchObject({ ext: 'mp4', contentType: 'video/mp4' });
  expect(readMp4(await artifactOf(scene, job))).toEqual({ width: 96, height: 64, frames: 12, seconds: 1.5 });
});

test('a chat is answered in the values of the contract', async () => {
  await using scene = await setup();
  const job = await completed(scene, anLlmTask('hi'));
  expect(job.result).toEqual({
    object: 'chat.completion',
    model: 'synthetic-llm',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: '[synthetic] reply to prompt #c0fbd2efb094bcb4' },
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 2, completion_tokens: 8, total_tokens: 10 },
  });
});

test('a transcript names what was asked and is never fetched', async () => {
  await using scene = await setup();
  const job = await completed(
    scene,
    aTask({ kind: 'audio_stt', inputUrl: 'https://example/audio.wav', language: 'nl' }),
  );
  expect(job.result).toEqual({ text: '[synthetic] transcript of ff8354979c9c640a', language: 'nl', duration: 1 });
});

test('a seed above 2^53 reaches the engine digit for digit', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine] });
  const seed = 18_446_744_073_709_551_615n;
  const { id } = await scene.studio.createJob(aTask({ kind: 'image', prompt: 'a fox', seed }));
  const run = await engine.started();
  expect(run.task).toMatchObject({ seed });
  run.finish({ is: 'artifact', bytes: Uint8Array.of(1), ext: 'webp' });
  await scene.studio.jobIs(id, 'completed');
});

test('a prompt of a hundred kilobytes goes back whole by upload', async () => {
  await using scene = await setup();
  const text = 'ünïcödé fox '.repeat(8_000);
  const job = await completed(scene, aTask({ kind: 'audio_tts', text }));
  expect(job.prompt).toBe(text);
});

test('a prompt of a hundred kilobytes goes back whole by frame', async () => {
  await using scene = await setup();
  const text = 'ünïcödé fox '.repeat(8_000);
  await completed(scene, anLlmTask(text));
  expect(await scene.studio.next('completeJson')).toMatchObject({ prompt: text });
});

test('an offer without sizes gets the defaults of the contract, never zero', async () => {
  await using scene = await setup();
  const job = await completed(scene, { kind: 'image', prompt: 'a fox' } as Task);
  const { width, height } = await sharp(await artifactOf(scene, job)).metadata();
  expect({ width, height }).toEqual({ width: 512, height: 512 });
});

test('heartbeats name the running job and nothing when idle', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine] });
  const { id } = await scene.studio.createJob(anLlmTask());
  const run = await engine.started();
  scene.worker.clock.skip(5_000);
  const namesTheJob = (frame: ReadOutboundFrame): boolean => frame.type === 'heartbeat' && frame.currentJobId === id;
  await scene.studio.until('a heartbeat with the job', (event) => event.is === 'heard' && namesTheJob(event.frame));
  run.finish();
  await scene.studio.jobIs(id, 'completed');
  await scene.worker.done();
  const before = scene.studio.frames.length;
  scene.worker.clock.skip(5_000);
  await scene.worker.until('another heartbeat', () => scene.studio.frames.length > before);
  expect(scene.studio.frames.at(-1)).not.toHaveProperty('currentJobId');
});

test('a grey image is never delivered as a result, its job may be retried', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine], config: { output_check: 'reject' } });
  const { id } = await scene.studio.createJob(aTask({ kind: 'image', prompt: 'a fox', width: 64, height: 64 }));
  const run = await engine.started();
  const grey = { width: 64, height: 64, channels: 3, background: '#808080' } as const;
  run.finish({ is: 'artifact', bytes: await sharp({ create: grey }).png().toBuffer(), ext: 'png' });
  expect(await scene.studio.next('fail')).toMatchObject({
    jobId: id,
    error: "the synthetic engine's result is not delivered: the image is one flat colour (#808080)",
    retryable: true,
  });
});

test('heartbeats carry fresh facts and wake no engine', async () => {
  let asked = 0;
  const engine: Engine = {
    id: 'synthetic',
    models: { llm: ['synthetic'] },
    memory: 'none',
    canRunLean: false,
    readiness: () => {
      asked += 1;
      return Promise.resolve(READY);
    },
    load: () => Promise.reject(new Error('nobody asked for a job')),
  };
  await using scene = await setup({ engines: [engine] });
  await scene.studio.next('heartbeat');
  for (let beat = 0; beat < 5; beat++) {
    scene.worker.clock.skip(5_000);
    await scene.studio.next('heartbeat');
  }
  expect(asked).toBe(1); // before the first hello; twenty-five seconds of heartbeats asked no more
});

test('a studio named with the API path is reached without doubling it', async () => {
  await using scene = await setupStudio();
  const { workerId, authToken } = await scene.studio.enrol();
  const apiBaseUrl = `${scene.studio.url}/graphics/api/`;
  const worker = await scene.startWorker({ credentials: { apiBaseUrl, workerId, authToken } });
  await worker.live();
  const job = await completed(scene, aTask({ kind: 'audio_tts', text: 'hello' }));
  expect(job.workerId).toBe(workerId);
});

test('a worker offers the synthetic engine for synthetic models only, and names its engines', async () => {
  await using scene = await setup();
  const { capabilities } = await scene.studio.next('hello');
  // `sd-cpp` is offered or not by what the machine has: its programs are fetched, but not the driver's loader.
  const others = capabilities.supportedModels.filter((name) => !/^synthetic|^sd-cpp:/.test(name));
  expect(others).toEqual(['llama-cpp:*', 'onnx:*', 'piper:*', 'whisper-cpp:*']);
  expect(capabilities.taskKinds).toEqual(['image', 'llm', 'audio_stt', 'audio_tts', 'video', 'mesh']);
  expect(capabilities.modelEngines.filter((name) => name !== 'sd-cpp')).toEqual(['llama-cpp', 'onnx', 'synthetic']);
  expect(capabilities).not.toHaveProperty('extensionEngines');
  const beat = await scene.studio.next('heartbeat');
  expect(beat.capabilities.extensionEngines).toEqual(['whisper-cpp', 'piper']);
});

test.each([
  ['gif', 'image/gif'],
  ['png', 'image/png'],
  ['webp', 'image/webp'],
])('a %s travels and is kept as %s', async (ext, contentType) => {
  await using scene = await setup();
  const job = await completed(scene, aTask({ kind: 'image', prompt: 'a fox', width: 64, height: 64, ext }));
  expect(job.artifact).toMatchObject({ ext, contentType });
  expect((await sharp(await artifactOf(scene, job)).metadata()).format).toBe(ext as 'gif');
});
