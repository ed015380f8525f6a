import { expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KIB } from '../../../src/base/units.ts';
import type { Engine, ModelFiles } from '../../../src/engines/engine.ts';
import { writeJson } from '../../../src/contract/json.ts';
import { aFile, aSource, hexOf } from '../../fakes/models/a-store.ts';
import { anOffer, aTask } from '../../fakes/builders.ts';
import { type DownloadHost, downloadHost, someBytes } from '../../fakes/models/download-host.ts';
import { command } from '../child.ts';
import { type Scene, setup as setupScene } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';
import { READY } from '../../../src/engines/readiness.ts';

setDefaultTimeout(TEST_MS);

/** An image engine that paints the bytes of its model. */
class FileEngine implements Engine {
  readonly id = 'sd-cpp';
  readonly models = { image: ['sd-cpp:*'] };
  readonly memory = 'none';
  readonly canRunLean = false;
  readonly loaded: ModelFiles[] = [];

  readiness(): ReturnType<Engine['readiness']> {
    return Promise.resolve(READY);
  }

  load(files: ModelFiles): ReturnType<Engine['load']> {
    this.loaded.push(files);
    const path = files.paths.get('diffusion-model') ?? '';
    return Promise.resolve({
      process: undefined,
      ranOn: undefined,
      where: undefined,
      run: async () => ({ is: 'artifact', bytes: new Uint8Array(await readFile(path)), ext: 'png' }),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  }
}

interface ModelScene extends AsyncDisposable {
  readonly scene: Scene;
  /** The one with the engine. */
  readonly worker: Scene['worker'];
  readonly engine: FileEngine;
  readonly host: DownloadHost;
  readonly root: string;
  /** Creates a job whose model has this file, and waits for its end. */
  job(file: Parameters<typeof aFile>[0], state: 'completed' | 'failed'): ReturnType<Scene['studio']['jobIs']>;
}

/** A worker with such an engine, and a host of models. */
async function setup(): Promise<ModelScene> {
  const engine = new FileEngine();
  const host = await downloadHost(someBytes(20 * KIB));
  const scene = await setupScene({ engines: [engine] });
  const root = join(scene.worker.folder, 'models');
  await scene.worker.config.update({ models_root: root, disk_floor_gb: 0 });
  await scene.worker[Symbol.asyncDispose]();
  const worker = await scene.startWorker({ engines: [engine], folder: scene.worker.folder });
  return {
    scene,
    worker,
    engine,
    host,
    root,
    async job(file, state) {
      const modelSource: unknown = JSON.parse(
        writeJson(aSource([aFile({ role: 'diffusion-model', ...file })], 'sd-cpp')),
      );
      const about = { model: 'org/model:v2', modelSource };
      const { id } = await scene.studio.createJob(aTask({ kind: 'image', prompt: 'x' }), about);
      return await scene.studio.jobIs(id, state);
    },
    async [Symbol.asyncDispose]() {
      await scene[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
    },
  };
}

test('a job’s model is fetched once, verified and passed to its engine', async () => {
  await using at = await setup();
  const file = { url: at.host.url, filename: 'm.bin', sha256: hexOf(at.host.content) };
  const first = await at.job(file, 'completed');
  expect(first.artifact?.sizeBytes).toBe(20 * KIB);
  await at.job(file, 'completed');
  expect(at.host.asked).toHaveLength(1);
  expect(at.engine.loaded[0]?.paths.get('diffusion-model')).toBe(join(at.root, 'org_model_v2/m.bin'));
});

test('what the operator pulls by hand is there for the next job', async () => {
  await using at = await setup();
  const file = { url: at.host.url, filename: 'm.bin', sha256: hexOf(at.host.content) };
  const source = aSource([aFile({ role: 'diffusion-model', ...file })], 'sd-cpp');
  const { folder } = at.scene.worker;
  await writeFile(join(folder, 'model.json'), writeJson({ id: 'org/model:v2', source }));
  const pulled = await command(folder, 'models', 'pull', join(folder, 'model.json'), '--json');
  expect(pulled).toMatchObject({ code: 0, err: '' });
  const listed = await command(folder, 'models', 'list', '--json');
  expect(JSON.parse(listed.out)).toMatchObject({
    root: at.root,
    files: [{ model: 'org/model:v2', filename: 'm.bin', state: 'whole', sizeBytes: 20 * KIB }],
  });
  await at.job(file, 'completed');
  expect(at.host.asked).toHaveLength(1);
});

test.each([
  [
    'a path in place of a name',
    { url: 'https://example.invalid/f', filename: '../../etc/passwd' },
    'plain file name: "../../etc/passwd"',
  ],
  [
    'a Windows path in place of a name',
    { url: 'https://example.invalid/f', filename: 'a\\b.gguf' },
    'plain file name: "a\\\\b.gguf"',
  ],
  ['a URL without encryption', { url: 'http://example.com/m.gguf', filename: 'm.gguf' }, 'model URL must use https'],
  ['a file URL', { url: 'file:///etc/passwd', filename: 'm.gguf' }, 'model URL must use https'],
  [
    'no file with the role its engine needs',
    { url: 'https://example.invalid/v', filename: 'v', role: 'vae' },
    'diffusion-model or model',
  ],
] as const)('a source with %s fails its job for good, with the reason', async (_what, file, reason) => {
  await using at = await setup();
  const job = await at.job(file, 'failed');
  expect(job.error).toContain(reason);
  expect(await at.scene.studio.next('fail')).toMatchObject({ retryable: false });
  expect(existsSync(join(at.root, 'org_model_v2/m.gguf'))).toBe(false);
  expect(at.engine.loaded).toEqual([]);
});

test.each([
  ['a path in place of a name', { filename: '../a.safetensors' }],
  ['no file of the role it needs', { role: 'vae', filename: 'v' }],
  ['a digest that no file has', { filename: 'a.gguf', sha256: 'ab' }],
  ['a URL inside', { url: 'https://10.0.0.7/m.gguf?sig=x', filename: 'a.gguf' }],
  ['a URL that is not https', { url: 'ftp://cdn.example/m.gguf', filename: 'a.gguf' }],
  ['text that is no URL', { url: 'm.gguf', filename: 'a.gguf' }],
] as const)('explain-offer says of %s what the worker then fails the job with', async (_what, about) => {
  await using at = await setup();
  const file = { role: 'diffusion-model', url: 'https://example.invalid/f', ...about } as const;
  const task = aTask({ kind: 'image', prompt: 'x' });
  const offer = anOffer({ task, modelSource: aSource([aFile(file)], 'sd-cpp') });
  const { verdict, because } = await at.worker.control.explain({ offer: writeJson(offer) });
  const { error } = await at.job(file, 'failed');
  expect({ verdict, because }).toEqual({
    verdict: 'fails',
    because: (error ?? '').replace('org/model:v2', offer.model),
  });
});

test('a file with another sha256 fails the job, and is not kept', async () => {
  await using at = await setup();
  const job = await at.job({ url: at.host.url, filename: 'm.gguf', sha256: '0'.repeat(64) }, 'failed');
  expect(job.error).toContain(`m.gguf has the sha256 ${hexOf(at.host.content)}, expected 0000`);
  expect(await at.scene.studio.next('fail')).toMatchObject({ retryable: true });
  expect(existsSync(join(at.root, 'org_model_v2/m.gguf'))).toBe(false);
});

test('a web page in place of a model fails the job for good', async () => {
  await using at = await setup();
  at.host.content = new TextEncoder().encode('<!doctype html><title>Sign in</title>');
  const job = await at.job({ url: at.host.url, filename: 'm.gguf' }, 'failed');
  expect(job.error).toContain('m.gguf is not a model file: it is a web page');
  expect(await at.scene.studio.next('fail')).toMatchObject({ retryable: false });
  expect(at.engine.loaded).toEqual([]);
});
