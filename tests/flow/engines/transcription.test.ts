import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transcribingModel } from '../../../src/demo/weights/transcriber.ts';
import { floatWav } from '../../fakes/engines/float-wav.ts';
import { aTask, synthetic } from '../../fakes/builders.ts';
import { fileServer, type FileServer } from '../../fakes/models/file-server.ts';
import { SENTENCE, tone } from '../../fakes/engines/whisper-engine.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { type Scene, setup } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(2 * TEST_MS);

/** A worker, a studio, and a server with a model and recordings. */
async function aScene() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const models = join(folder.path, 'models');
  const server = stack.use(
    fileServer({
      'ggml-tiny.bin': transcribingModel(),
      'cut.bin': transcribingModel().subarray(0, 3_000_000),
      'talk.wav': floatWav(tone(1.5), 16_000),
      'silence.wav': floatWav(new Float32Array(16_000), 16_000),
    }),
  );
  const scene = stack.use(await setup({ config: { models_root: models } }));
  return { server, scene, models, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

interface About {
  readonly recording?: string;
  /** Names of the model's files; none is a model that the operator has. */
  readonly files?: readonly string[];
  readonly model?: string;
}

function offered({ studio }: Scene, server: FileServer, about: About = {}) {
  const { recording = 'talk.wav', files = ['ggml-tiny.bin'], model = 'whisper-tiny' } = about;
  const named = files.map((filename) => ({ role: 'model', url: server.url(filename), filename }));
  return studio.createJob(aTask({ kind: 'audio_stt', inputUrl: server.url(recording), timestamps: 'word' }), {
    model,
    maxAttempts: 1,
    modelSource: { ...synthetic, engine: 'whisper-cpp', files: named },
  });
}

test('an offer of a transcription is fetched, run and delivered', async () => {
  await using place = await aScene();
  const { scene, server } = place;
  const { id } = await offered(scene, server);
  const { result } = await scene.studio.jobIs(id, 'completed');
  expect(result).toMatchObject({ text: SENTENCE, language: 'en', duration: 1.5, segments: 1, ran_on: 'cpu' });
  expect(server.asked.toSorted()).toEqual(['ggml-tiny.bin', 'talk.wav']);
});

test('a model that the operator put there serves the offers of its name', async () => {
  await using place = await aScene();
  const { scene, server, models } = place;
  await mkdir(join(models, 'stt'), { recursive: true });
  await writeFile(join(models, 'stt', 'ggml-own.bin'), transcribingModel({ text: 'my own words' }));
  const { id } = await offered(scene, server, { files: [], model: 'ggml-own' });
  const { result } = await scene.studio.jobIs(id, 'completed');
  expect(result).toMatchObject({ text: 'my own words' });
});

test.each([
  ['task.audio-silent', { recording: 'silence.wav' }],
  ['download.missing', { recording: 'gone.wav' }],
  ['model.truncated', { files: ['cut.bin'] }],
  ['model.role-missing', { files: [], model: 'nobody-has-it' }],
])('an offer that cannot be served fails with %s, and the next is served', async (code, about: About) => {
  await using place = await aScene();
  const { scene, server } = place;
  const { id } = await offered(scene, server, about);
  await scene.studio.jobIs(id, 'failed');
  expect(scene.worker.events.find(({ event }) => event === 'job.failed')?.fields).toMatchObject({ code });
  const next = await offered(scene, server);
  await scene.studio.jobIs(next.id, 'completed');
});
