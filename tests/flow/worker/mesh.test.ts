import { expect, setDefaultTimeout, test } from 'bun:test';
import { validateBytes } from 'gltf-validator';
import sharp from 'sharp';
import { aTask, synthetic } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { setup } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

const fox = { create: { width: 4, height: 4, channels: 3, background: '#d9742b' } } as const;
const png = await sharp(fox).png().toBuffer();
const FOX_URL = `data:image/png;base64,${png.toString('base64')}`;
const draft = { model: 'synthetic-mesh', modelSource: synthetic };

test('an image becomes a GLB that the studio stores and serves as one', async () => {
  await using scene = await setup();
  const { id } = await scene.studio.createJob(aTask({ kind: 'mesh', imageUrl: FOX_URL, ext: 'obj' }), draft);
  const job = await scene.studio.jobIs(id, 'completed');
  expect(job).toMatchObject({ prompt: '', artifact: { ext: 'glb', contentType: 'model/gltf-binary' } });
  const answer = await scene.studio.operator('GET', `/jobs/${id}/artifact`);
  expect(answer.headers.get('content-type')).toBe('model/gltf-binary');
  const { issues } = await validateBytes(new Uint8Array(await answer.arrayBuffer()));
  expect(issues).toMatchObject({ numErrors: 0, numWarnings: 0 });
  await scene.worker.done();
  const { recentJobs } = scene.worker.status();
  expect(recentJobs).toMatchObject([{ jobId: id, kind: 'mesh', prompt: '', status: 'completed' }]);
});

test('a web page in place of an input image fails the job for good', async () => {
  using web = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: ({ url }) => new Response(url.endsWith('.png') ? png : '<!doctype html><p>log in first</p>'),
  });
  await using scene = await setup();
  const good = await scene.studio.createJob(aTask({ kind: 'mesh', imageUrl: `${web.url.href}fox.png` }), draft);
  await scene.studio.jobIs(good.id, 'completed');
  const bad = await scene.studio.createJob(aTask({ kind: 'mesh', imageUrl: `${web.url.href}login` }), draft);
  expect(await scene.studio.next('fail')).toMatchObject({
    jobId: bad.id,
    error: 'the picture cannot be used: the input image is no PNG, JPEG or WebP',
    retryable: false,
  });
});

class MeshEngine extends ScriptedEngine {
  override readonly models = { llm: ['synthetic'], image: ['synthetic'], mesh: ['synthetic'] };
}

test('a file that is no GLB never reaches the studio as a mesh', async () => {
  const engine = new MeshEngine();
  await using scene = await setup({ engines: [engine], config: { output_check: 'reject' } });
  const { id } = await scene.studio.createJob(aTask({ kind: 'mesh', imageUrl: FOX_URL }), draft);
  const run = await engine.started();
  run.finish({ is: 'artifact', bytes: new TextEncoder().encode('v 0 0 0\nv 0 1 0\nv 1 0 0\nf 1 2 3\n'), ext: 'glb' });
  expect(await scene.studio.next('fail')).toMatchObject({
    jobId: id,
    error: "the synthetic engine's result is not delivered: the mesh is not a GLB file",
    retryable: true,
  });
});
