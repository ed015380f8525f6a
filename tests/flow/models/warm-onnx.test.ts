import { expect, setDefaultTimeout, test } from 'bun:test';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { inpaintingModel } from '../../../src/demo/weights/inpainting.ts';
import { aTask, synthetic } from '../../fakes/builders.ts';
import { fileServer } from '../../fakes/models/file-server.ts';
import { paint } from '../../fakes/engines/onnx-engine.ts';
import { goneSoon, isGone } from '../../fakes/system/gone.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { type ChildWorker, command } from '../child.ts';
import { setupStudio } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

/** The program itself with a real model, a studio, and a server with the model and two pictures. */
async function setup() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const server = stack.use(
    fileServer({
      'lama.onnx': inpaintingModel(),
      'fox.png': await paint(96, 80, (x, y) => [x * 2, 110, y * 2]),
      'mask.png': await paint(96, 80, (x, y) => (Math.hypot(x - 40, y - 40) < 10 ? 255 : 0)),
    }),
  );
  const scene = stack.use(await setupStudio());
  const { apiBaseUrl, workerId, authToken } = await scene.studio.enrol();
  const root = join(folder.path, 'models');
  const config = { api_base_url: apiBaseUrl, worker_id: workerId, auth_token: authToken, models_root: root };
  const start = async (): Promise<ChildWorker> => {
    const worker = await scene.spawnWorker({ folder: folder.path, config });
    await worker.logged('session.welcomed');
    return worker;
  };
  const job = async () => {
    const urls = { initImageUrl: server.url('fox.png'), maskUrl: server.url('mask.png') };
    const task = aTask({ kind: 'image', prompt: 'remove it', width: 96, height: 80, ext: 'png', ...urls });
    const files = [{ role: 'model', url: server.url('lama.onnx'), filename: 'lama.onnx' }];
    const about = { model: 'lama', modelSource: { ...synthetic, engine: 'onnx', files } };
    const { id } = await scene.studio.createJob(task, about);
    return await scene.studio.jobIs(id, 'completed');
  };
  return { folder, root, scene, start, job, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const loads = ({ events }: ChildWorker): readonly number[] =>
  events.filter(({ event }) => event === 'model.loaded').map(({ pid }) => Number(pid));

test('a real model serves the second job from memory, and `status` shows it', async () => {
  await using at = await setup();
  const worker = await at.start();
  await at.job();
  await at.job();
  expect(loads(worker)).toHaveLength(1);
  const { out } = await command(at.folder.path, 'status');
  expect(out).toMatch(/model in memory: +lama \(onnx\): (idle|in use) for .*, pid \d+, 0\.\d GiB, used .* ago/);
  const { worker: facts } = JSON.parse((await command(at.folder.path, 'status', '--json')).out) as Record<
    string,
    { readonly models: unknown }
  >;
  expect(facts?.models).toMatchObject([{ engine: 'onnx', model: 'lama', pid: loads(worker)[0] }]);
});

test('a loaded model leaves memory before its files are removed', async () => {
  await using at = await setup();
  const worker = await at.start();
  await at.job();
  const [pid = 0] = loads(worker);
  expect((await command(at.folder.path, 'models', 'rm', 'lama')).code).toBe(0);
  await goneSoon(pid);
  expect(await Bun.file(join(at.root, 'lama', 'lama.onnx')).exists()).toBe(false);
  await at.job(); // fetched and loaded again
  expect(loads(worker)).toHaveLength(2);
});

test('a file that changed on the disk makes it another model', async () => {
  await using at = await setup();
  const worker = await at.start();
  await at.job();
  const later = new Date(Date.now() + 60_000);
  await utimes(join(at.root, 'lama', 'lama.onnx'), later, later);
  await at.job();
  const [first = 0, second] = loads(worker);
  expect(second).toBeDefined();
  await goneSoon(first);
});

test('a killed worker leaves no child, and restarts with its model', async () => {
  await using at = await setup();
  const first = await at.start();
  await at.job();
  const [pid = 0] = loads(first);
  first.kill('SIGKILL');
  await first.exited;
  await goneSoon(pid);
  const second = await at.start();
  expect(await second.logged('model.restored')).toMatchObject({ engine: 'onnx', model: 'lama' });
  await at.job();
  expect(loads(second)).toHaveLength(1);
  second.kill('SIGTERM');
  expect(await second.exited).toBe(0);
  expect(isGone(loads(second)[0] ?? 0)).toBe(true);
});
