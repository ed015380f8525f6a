import { expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import type { JobView } from '../../../src/contract/operator/views.ts';
import { voiceConfig, voiceModel } from '../../../src/demo/weights/voice.ts';
import { aTask, synthetic } from '../../fakes/builders.ts';
import { fileServer, type FileServer } from '../../fakes/models/file-server.ts';
import { samplesOf } from '../../fakes/engines/piper-engine.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { type Scene, setup } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

const CONFIG = new TextEncoder().encode(JSON.stringify(voiceConfig()));

/** A worker, a studio, and a server with a voice. */
async function aScene() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const server = stack.use(fileServer({ 'ada.onnx': voiceModel(), 'ada.onnx.json': CONFIG }));
  const scene = stack.use(await setup({ config: { models_root: join(folder.path, 'models') } }));
  return { server, scene, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const speech = ({ studio }: Scene, server: FileServer, about: object = {}): Promise<JobView> => {
  const files = [
    { role: 'model', url: server.url('ada.onnx'), filename: 'ada.onnx' },
    { role: 'config', url: server.url('ada.onnx.json'), filename: 'ada.onnx.json' },
  ];
  return studio.createJob(aTask({ kind: 'audio_tts', text: 'The fox crosses the ice. It is gone.', ...about }), {
    model: 'ada',
    maxAttempts: 1,
    modelSource: { ...synthetic, engine: 'piper', files },
  });
};

test('a speech job is fetched, spoken and delivered, its voice is kept', async () => {
  await using place = await aScene();
  const { scene, server } = place;
  for (const _job of [1, 2]) {
    const { id } = await scene.studio.jobIs((await speech(scene, server)).id, 'completed');
    const answer = await scene.studio.operator('GET', `/jobs/${id}/artifact`);
    expect(answer.headers.get('content-type')).toBe('audio/wav');
    const { rate, samples } = samplesOf(new Uint8Array(await answer.arrayBuffer()));
    expect(rate).toBe(16_000);
    expect(samples.length).toBeGreaterThan(rate);
  }
  expect(server.asked.toSorted()).toEqual(['ada.onnx', 'ada.onnx.json']);
});

test('speech in a language the voice lacks fails at once and by name', async () => {
  await using place = await aScene();
  const { scene, server } = place;
  const job = await scene.studio.jobIs((await speech(scene, server, { language: 'fi' })).id, 'failed');
  expect(JSON.stringify(job)).toContain('the voice speaks en_US, and the task asks for fi');
});
