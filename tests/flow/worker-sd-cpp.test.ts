import { afterEach, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { aTask, synthetic } from '../fakes/builders.ts';
import { fileServer } from '../fakes/file-server.ts';
import { images, paint } from '../fakes/onnx-engine.ts';
import { installSdCli } from '../fakes/sd-cli-program.ts';
import { tempFolder } from '../spec/system/temp-folder.ts';
import { setup } from './harness.ts';
import { TEST_MS } from './wait-for.ts';

setDefaultTimeout(TEST_MS);

const VARIABLE = 'STUDIO_WORKER_SD_CLI';
const before = process.env[VARIABLE];
afterEach(() => {
  if (before === undefined) delete process.env[VARIABLE];
  else process.env[VARIABLE] = before;
});

/** A GGUF file without tensors: magic, version 3, and two counts of zero. */
const gguf = Uint8Array.from([0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0, ...Array.from({ length: 16 }, () => 0)]);

/** A worker with a stand-in for sd-cli, a studio, and a server with a model and a picture. */
async function aScene() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  process.env[VARIABLE] = await installSdCli(folder.at('sd-cli'));
  const init = await paint(64, 64, (x, y) => [x, y, 9], 'jpeg');
  const server = stack.use(fileServer({ 'golem.gguf': gguf, 'latest.webp': init }));
  const scene = stack.use(await setup({ config: { models_root: join(folder.path, 'models') } }));
  const create = (about: object) =>
    scene.studio.createJob(
      aTask({ kind: 'image', prompt: 'a golem', width: 96, height: 64, steps: 3, ext: 'png', ...about }),
      {
        model: 'golem',
        maxAttempts: 1,
        modelSource: {
          ...synthetic,
          engine: 'sd-cpp',
          files: [{ role: 'diffusion-model', url: server.url('golem.gguf'), filename: 'golem.gguf' }],
        },
      },
    );
  return { scene, server, create, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('an offer of a diffusion model is fetched, painted, looked at and delivered', async () => {
  await using place = await aScene();
  const { id } = await place.create({ initImageUrl: place.server.url('latest.webp') });
  await place.scene.studio.jobIs(id, 'completed');
  const answer = await place.scene.studio.admin('GET', `/jobs/${id}/artifact`);
  const picture = await images.decode(new Uint8Array(await answer.arrayBuffer()));
  expect(picture).toMatchObject({ width: 96, height: 64 });
  expect(place.server.asked.toSorted()).toEqual(['golem.gguf', 'latest.webp']);
});

test('a grey picture of a program that ended well is not delivered', async () => {
  await using place = await aScene();
  const { id } = await place.create({ prompt: 'all grey' });
  await place.scene.studio.jobIs(id, 'failed');
  expect((await place.scene.worker.logged('job.failed')).fields).toMatchObject({ code: 'result.rejected' });
});

test('what the program said last goes to the studio, and the next job is served', async () => {
  await using place = await aScene();
  const failed = await place.create({ prompt: 'out of memory' });
  expect(JSON.stringify(await place.scene.studio.jobIs(failed.id, 'failed'))).toContain('sd-cli exited with Some(1): ');
  const next = await place.create({});
  await place.scene.studio.jobIs(next.id, 'completed');
});
