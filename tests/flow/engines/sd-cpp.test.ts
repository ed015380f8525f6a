import { afterEach, expect, setDefaultTimeout, test } from 'bun:test';
import { join } from 'node:path';
import { aTask, synthetic } from '../../fakes/builders.ts';
import { fileServer } from '../../fakes/models/file-server.ts';
import { images, paint } from '../../fakes/engines/onnx-engine.ts';
import { installSdCli, installSdServer } from '../../fakes/engines/sd-cpp/sd-cli-program.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { setup } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';
import { callsIn } from '../../fakes/engines/sd-cpp/program-calls.ts';

setDefaultTimeout(TEST_MS);

const VARIABLE = 'STUDIO_WORKER_SD_CLI';
const before = process.env[VARIABLE];
afterEach(() => {
  if (before === undefined) delete process.env[VARIABLE];
  else process.env[VARIABLE] = before;
});

/** A GGUF file without tensors: magic, version 3, and two counts of zero. */
const gguf = Uint8Array.from([0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0, ...Array.from({ length: 16 }, () => 0)]);

/** A worker with a stand-in for sd-cli, a studio, and a server with a model and an image. */
async function aScene({ withServer = false }: { readonly withServer?: boolean } = {}) {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  process.env[VARIABLE] = await installSdCli(folder.at('sd-cli'));
  if (withServer) await installSdServer(folder.at('sd-server'));
  const init = await paint(64, 64, (x, y) => [x, y, 9], 'jpeg');
  const server = stack.use(fileServer({ 'golem.gguf': gguf, 'latest.webp': init }));
  const scene = stack.use(await setup({ config: { models_root: join(folder.path, 'models') } }));
  const create = (about: object, cliDefaults: object = {}, loras: readonly string[] = []) =>
    scene.studio.createJob(
      aTask({ kind: 'image', prompt: 'a golem', width: 96, height: 64, steps: 3, ext: 'png', ...about }),
      {
        model: 'golem',
        maxAttempts: 1,
        modelSource: {
          ...synthetic,
          engine: 'sd-cpp',
          cliDefaults: { ...synthetic.cliDefaults, ...cliDefaults },
          files: [
            { role: 'diffusion-model', url: server.url('golem.gguf'), filename: 'golem.gguf' },
            ...loras.map((filename) => ({ role: 'lora', url: server.url('golem.gguf'), filename })),
          ],
        },
      },
    );
  const asked = () => callsIn(join(folder.path, 'models', 'golem'));
  return { scene, server, create, asked, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

test('an offer of a diffusion model is fetched, run, checked and delivered', async () => {
  await using place = await aScene();
  const { id } = await place.create({ initImageUrl: place.server.url('latest.webp') });
  await place.scene.studio.jobIs(id, 'completed');
  const answer = await place.scene.studio.operator('GET', `/jobs/${id}/artifact`);
  const image = await images.decode(new Uint8Array(await answer.arrayBuffer()));
  expect(image).toMatchObject({ width: 96, height: 64 });
  expect(place.server.asked.toSorted()).toEqual(['golem.gguf', 'latest.webp']);
});

test('an offer’s LoRA files are fetched and applied, its prompt returns unchanged', async () => {
  await using place = await aScene();
  const { id } = await place.create({}, { loraWeight: 0.65 }, ['moss.gguf', 'rust.gguf']);
  expect(await place.scene.studio.jobIs(id, 'completed')).toMatchObject({ prompt: 'a golem' });
  const args = place.asked()[0]?.args ?? [];
  expect(args[args.indexOf('-p') + 1]).toBe('a golem <lora:moss:0.65> <lora:rust:0.65>');
  expect(args[args.indexOf('--lora-model-dir') + 1]).toEndWith('/models/golem');
});

test('a grey image of a program that exited with 0 is not delivered', async () => {
  await using place = await aScene();
  const { id } = await place.create({ prompt: 'all grey' });
  await place.scene.studio.jobIs(id, 'failed');
  expect((await place.scene.worker.logged('job.failed')).fields).toMatchObject({ code: 'result.rejected' });
});

test('a failing program’s last line reaches the studio, the next job runs', async () => {
  await using place = await aScene();
  const failed = await place.create({ prompt: 'out of memory' });
  expect(JSON.stringify(await place.scene.studio.jobIs(failed.id, 'failed'))).toContain('sd-cli exited with Some(1): ');
  const next = await place.create({});
  await place.scene.studio.jobIs(next.id, 'completed');
});

test('offers of one model are run by one server that keeps it', async () => {
  await using place = await aScene({ withServer: true });
  for (const seed of [1, 2]) {
    const { id } = await place.create({ seed });
    await place.scene.studio.jobIs(id, 'completed');
  }
  expect(new Set(place.asked().map(({ program, pid }) => `${program} ${pid}`)).size).toBe(1);
  expect(place.asked().map(({ program }) => program)).toEqual(['sd-server', 'sd-server', 'sd-server']);
});

test('a video offer is rendered by a video model, checked and delivered', async () => {
  await using place = await aScene();
  const video = { kind: 'video', seconds: 0.5, fps: 8, width: 64, height: 48, ext: 'mp4' };
  const { id } = await place.create(video, { mode: 'vid_gen' });
  const { artifact } = await place.scene.studio.jobIs(id, 'completed');
  expect(artifact).toMatchObject({ ext: 'mp4' });
  expect(place.asked()[0]?.args?.join(' ')).toStartWith('-M vid_gen --diffusion-model ');
});

test.each([true, false])('an image that needs too much memory is tried lean, server: %p', async (withServer) => {
  await using place = await aScene({ withServer });
  const { id } = await place.create({ prompt: 'thirsty' });
  await place.scene.studio.jobIs(id, 'completed');
  const tries = place.asked().flatMap(({ args }) => (args === undefined ? [] : [args.includes('--offload-to-cpu')]));
  expect(tries).toEqual([false, true]);
});
