import { expect, setDefaultTimeout, test } from 'bun:test';
import type { ModelSource } from '../../../src/contract/model-source.ts';
import { writeJson } from '../../../src/contract/json.ts';
import { anOffer, aTask, synthetic } from '../../fakes/builders.ts';
import { gradioApp } from '../../fakes/engines/gradio-app.ts';
import { images } from '../../fakes/engines/onnx-engine.ts';
import { startPeer } from '../../fakes/studio/scripted-peer.ts';
import { setup } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

const source: ModelSource = { ...synthetic, engine: 'gradio' };
const ABOUT = { model: 'flux', maxAttempts: 1, modelSource: source };
const TASK = aTask({ kind: 'image', prompt: 'a golem', width: 48, height: 32, ext: 'png' });

test('an offer for the app in the config is run by it and delivered', async () => {
  await using app = await gradioApp();
  await using scene = await setup({ config: { gradio_endpoint_url: app.url } });
  expect((await scene.studio.next('hello')).capabilities.supportedModels).toContain('gradio:*');
  const { id } = await scene.studio.createJob(TASK, ABOUT);
  await scene.studio.jobIs(id, 'completed');
  const answer = await scene.studio.operator('GET', `/jobs/${id}/artifact`);
  const picture = await images.decode(new Uint8Array(await answer.arrayBuffer()));
  expect(picture).toMatchObject({ width: 48, height: 32 });
  expect(app.calls).toMatchObject([{ prompt: 'a golem', width: 48, height: 32 }]);
});

test('an app that fails fails the job in its own words', async () => {
  await using app = await gradioApp({ faults: { error: 'CUDA out of memory' } });
  await using scene = await setup({ config: { gradio_endpoint_url: app.url } });
  const { id } = await scene.studio.createJob(TASK, ABOUT);
  expect((await scene.studio.jobIs(id, 'failed')).error).toContain('the Gradio app failed: CUDA out of memory');
});

test('an offer for an unconfigured Gradio app fails with a hint', async () => {
  // Today's studio makes no such offer: this worker does not name the engine.
  await using peer = startPeer();
  await using scene = await setup({ credentials: { apiBaseUrl: peer.url, workerId: 'w-1', authToken: 't0k3n' } });
  await scene.worker.live();
  peer.link.raw(writeJson({ type: 'offer', claim: anOffer({ task: TASK, modelSource: source }) }));
  const failed = await peer.next('fail');
  expect(String(failed['error'])).toContain('no Gradio app is named in the config');
});
