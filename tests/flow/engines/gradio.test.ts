import { expect, setDefaultTimeout, test } from 'bun:test';
import { aTask, synthetic } from '../../fakes/builders.ts';
import { gradioApp } from '../../fakes/engines/gradio-app.ts';
import { images } from '../../fakes/engines/onnx-engine.ts';
import { setup } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

const ABOUT = { model: 'flux', maxAttempts: 1, modelSource: { ...synthetic, engine: 'gradio', files: [] } };
const TASK = aTask({ kind: 'image', prompt: 'a golem', width: 48, height: 32, ext: 'png' });

test('an offer for the app in the config is run by it and delivered', async () => {
  await using app = await gradioApp();
  await using scene = await setup({ config: { gradio_endpoint_url: app.url } });
  expect((await scene.studio.next('hello')).capabilities.supportedModels).toContain('gradio:*');
  const { id } = await scene.studio.createJob(TASK, ABOUT);
  await scene.studio.jobIs(id, 'completed');
  const answer = await scene.studio.admin('GET', `/jobs/${id}/artifact`);
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

test('an offer for an app that nobody named fails and says how to name one', async () => {
  await using scene = await setup();
  expect((await scene.studio.next('hello')).capabilities.supportedModels).not.toContain('gradio:*');
  const { id } = await scene.studio.createJob(TASK, ABOUT);
  expect((await scene.studio.jobIs(id, 'failed')).error).toContain('no Gradio app is named in the config');
});
