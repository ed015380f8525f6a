import { expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import type { JobView } from '../../../src/contract/operator/views.ts';
import { aTask, synthetic } from '../../fakes/builders.ts';
import { fileServer, type FileServer } from '../../fakes/models/file-server.ts';
import { inpaintingModel } from '../../../src/demo/weights/inpainting.ts';
import { images, paint } from '../../fakes/engines/onnx-engine.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { type Scene, setup } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

/** A worker, a studio, and a server with a model and two pictures. */
async function aScene() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const server = stack.use(
    fileServer({
      'lama.onnx': inpaintingModel(),
      'broken.onnx': inpaintingModel().subarray(0, 500),
      'fox.png': await paint(320, 280, (x, y) => (Math.hypot(x - 90, y - 80) < 15 ? [255, 0, 0] : [x / 2, 110, y / 2])),
      'mask.png': await paint(320, 280, (x, y) => (Math.hypot(x - 90, y - 80) < 20 ? 255 : 0)),
    }),
  );
  const scene = stack.use(await setup({ config: { models_root: join(folder.path, 'models') } }));
  return { server, scene, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const removal = ({ studio }: Scene, server: FileServer, about: { model?: string; task?: object } = {}) => {
  const task = aTask({
    kind: 'image',
    prompt: 'remove the ball',
    initImageUrl: server.url('fox.png'),
    maskUrl: server.url('mask.png'),
    width: 320,
    height: 280,
    ext: 'png',
    ...about.task,
  });
  const filename = `${about.model ?? 'lama'}.onnx`;
  const files = [{ role: 'model', url: server.url(filename), filename }];
  return studio.createJob(task, {
    model: about.model ?? 'lama',
    maxAttempts: 1,
    modelSource: { ...synthetic, engine: 'onnx', files },
  });
};

async function ended(scene: Scene, job: Promise<JobView>, state: 'completed' | 'failed'): Promise<JobView> {
  return scene.studio.jobIs((await job).id, state);
}

test('an offer of a removal is fetched, run and delivered', async () => {
  await using place = await aScene();
  const { scene, server } = place;
  const { id, ranOn } = await ended(scene, removal(scene, server), 'completed');
  expect(ranOn).toBe('cpu');
  const answer = await scene.studio.operator('GET', `/jobs/${id}/artifact`);
  const picture = await images.decode(new Uint8Array(await answer.arrayBuffer()));
  expect(picture).toMatchObject({ width: 320, height: 280 });
  const at = (80 * 320 + 90) * picture.channels;
  expect(picture.pixels[at]).toBeLessThan(120); // the ball was 255 red
  expect(server.asked.toSorted()).toEqual(['fox.png', 'lama.onnx', 'mask.png']);
});

test('a removal without its mask fails by name and costs no second try', async () => {
  await using place = await aScene();
  const { scene, server } = place;
  const job = await ended(scene, removal(scene, server, { task: { maskUrl: undefined } }), 'failed');
  expect(JSON.stringify(job)).toContain('the onnx engine needs maskUrl');
});

test('weights that are broken fail one job, and the next model serves the next', async () => {
  await using place = await aScene();
  const { scene, server } = place;
  await ended(scene, removal(scene, server, { model: 'broken' }), 'failed');
  expect(scene.worker.events.find(({ event }) => event === 'job.failed')?.fields).toMatchObject({
    code: 'model.unusable',
  });
  await ended(scene, removal(scene, server), 'completed');
});
