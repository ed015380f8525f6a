import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { GIB, KIB } from '../../../src/base/units.ts';
import { workerApi } from '../../../src/compose/local/worker-api.ts';
import { writeJson } from '../../../src/contract/json.ts';
import { ModelListSchema, VerifiedSchema } from '../../../src/local-api/contract/models.ts';
import { loadInWorker } from '../../../src/local-api/client/load.ts';
import { EVENT_SCHEMAS } from '../../../src/local-api/contract/events.ts';
import { aTask, synthetic } from '../../fakes/builders.ts';
import { hostedEngine } from '../../fakes/engines/hosted-engine.ts';
import { aFile, aSource } from '../../fakes/models/a-store.ts';
import { downloadHost, someBytes } from '../../fakes/models/download-host.ts';
import { failureOf } from '../../fakes/system/temp-folder.ts';
import { aGpu, reportOf } from '../../fakes/system/a-gpu.ts';
import type { SceneChoice } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';
import { type ApiScene, setupApi, subscribe } from './scene.ts';

setDefaultTimeout(TEST_MS);

const fox = { id: 'fox', kind: 'image', vramGbEstimate: 8, source: { ...synthetic, engine: 'gradio' } };
const listed = async (at: ApiScene) => v.parse(ModelListSchema, (await at.ask('/models')).body);

/** A worker with an engine whose models live in real children, and a model of it in the catalogue. */
async function setup(choice: SceneChoice = {}) {
  const engine = hostedEngine(choice.gpus === undefined ? 'none' : 'gpu');
  const at = await setupApi({ engines: [engine], ...choice });
  await at.post('/models', fox);
  return { ...at, engine };
}

describe('the catalogue', () => {
  test('the catalogue has studio models and leaves the operator’s entry alone', async () => {
    await using at = await setup();
    await at.post('/models', { ...fox, displayName: 'My fox' });
    const job = aTask({ kind: 'image', prompt: 'steps' });
    for (const model of ['fox', 'owl']) {
      const { id } = await at.studio.createJob(job, { model, modelSource: fox.source, vramGbEstimate: 3 });
      await at.studio.jobIs(id, 'completed');
    }
    expect(await listed(at)).toMatchObject([
      { id: 'fox', displayName: 'My fox', origin: 'local', vramGbEstimate: 8, loadable: true },
      { id: 'owl', displayName: 'owl', origin: 'studio', vramGbEstimate: 3 },
    ]);
  });

  test('it outlives the worker, and a model that is removed is gone from it', async () => {
    await using at = await setup();
    const path = join(at.worker.folder, 'models.json');
    expect(await readFile(path, 'utf8')).toContain('"fox"');
    expect(await at.ask('/models/fox', { method: 'DELETE' })).toMatchObject({ status: 200, body: { ok: true } });
    expect(await at.ask('/models/fox', { method: 'DELETE' })).toMatchObject({
      status: 404,
      body: { error: 'unknown_model' },
    });
    expect(await readFile(path, 'utf8')).not.toContain('"fox"');
  });

  test('a broken one is put aside, and its worker starts with none', async () => {
    await using first = await setup();
    await writeFile(join(first.worker.folder, 'models.json'), '{"models": [');
    const again = await first.startWorker({ folder: first.worker.folder });
    const names = await readdir(again.folder);
    expect(names.filter((name) => /^models\.json\.corrupt-\d+$/.test(name))).toHaveLength(1);
    expect(again.composed.models.catalogue.list()).toEqual([]);
  });

  test('an entry that makes no sense is refused by its field', async () => {
    await using at = await setup();
    const answer = await at.post('/models', { ...fox, source: { ...fox.source, engine: 'comfy' } });
    expect(answer).toMatchObject({ status: 400, body: { error: 'bad_request' } });
    expect(answer.text).toContain('source.engine');
  });
});

describe('in memory', () => {
  test('a model is loaded and unloaded without a job, and events tell it', async () => {
    await using at = await setup();
    await using events = await subscribe(at.api);
    await events.next('status');
    expect(await at.ask('/models/fox/state')).toMatchObject({
      body: { id: 'fox', state: 'unloaded', resident: false },
    });
    const answer = await at.post('/models/fox/load');
    expect([200, 202]).toContain(answer.status);
    await at.worker.until('a loaded model', () => at.worker.status().models[0]?.state === 'idle');
    expect(await at.ask('/models/fox/state')).toMatchObject({ body: { state: 'loaded', resident: true } });
    expect(await at.post('/models/fox/load')).toMatchObject({ status: 200, body: { state: 'loaded' } });
    expect(at.engine.pids()).toHaveLength(1);
    expect((await events.next('models')).data).toMatchObject([{ model: 'fox' }]);
    expect((await at.post('/models/fox/unload')).status).toBe(202);
    await at.worker.until('an empty memory', () => at.worker.status().models.length === 0);
    expect(await at.post('/models/fox/unload')).toMatchObject({ status: 200, body: { state: 'unloaded' } });
  });

  test('reads load nothing', async () => {
    await using at = await setup();
    for (const path of ['/models', '/models/fox/state', '/model-files', '/daemon/status', '/jobs']) await at.ask(path);
    expect(at.engine.pids()).toEqual([]);
  });

  test('a model that does not fit beside the others is refused with its numbers', async () => {
    await using at = await setup({ gpus: { probe: () => Promise.resolve(reportOf(aGpu(19))) } });
    expect(await at.post('/models/fox/load')).toMatchObject({
      status: 409,
      body: { error: 'insufficient_memory', neededGib: 8, freeGib: 5, marginGib: 1 },
    });
    expect(at.engine.pids()).toEqual([]);
  });

  test.each([
    ['/image', { model: 'fox', prompt: 'a fox' }, { error: 'insufficient_memory' }],
    ['/v1/images/generations', { model: 'fox', prompt: 'a fox' }, { error: { code: 'insufficient_memory' } }],
  ])('a request to %s that does not fit in memory is refused', async (path, body, refusal) => {
    await using at = await setup({ gpus: { probe: () => Promise.resolve(reportOf(aGpu(19))) } });
    expect(await at.post(path, body)).toMatchObject({ status: 409, body: refusal });
    expect(at.engine.pids()).toEqual([]);
  });

  test('an unknown model and one that is turned off are told apart', async () => {
    await using at = await setup();
    await at.post('/models', { ...fox, enabled: false });
    expect(await at.post('/models/fox/load')).toMatchObject({ status: 400, body: { error: 'model_disabled' } });
    expect(await at.post('/models/owl/load')).toMatchObject({ status: 404, body: { error: 'unknown_model' } });
  });

  test('a model of which nothing stays in memory is refused with why', async () => {
    await using at = await setupApi();
    await at.post('/models', { ...fox, source: synthetic });
    expect(await at.post('/models/fox/load')).toMatchObject({
      status: 409,
      body: { error: 'not_kept', message: expect.stringContaining('holds nothing between two') },
    });
  });

  test('a command loads a model, waits until it is there, and unloads it', async () => {
    await using at = await setup();
    const client = workerApi(at.worker.config.path, at.worker.effects);
    await loadInWorker(client, 'fox');
    expect(at.worker.status().models).toMatchObject([{ model: 'fox', state: 'idle' }]);
    await loadInWorker(client, 'fox');
    expect(await client.call('unloadModel', { params: { id: 'fox' } })).toEqual({ state: 'unloading' });
    expect(await failureOf(loadInWorker(client, 'owl'))).toMatchObject({ code: 'model.not-found' });
  });

  test('one of an exclusive group makes way for the next', async () => {
    await using at = await setup();
    for (const id of ['fox', 'owl']) await at.post('/models', { ...fox, id, exclusiveGroup: 'animals' });
    await at.post('/models/fox/load');
    await at.worker.until('the fox', () => at.worker.status().models[0]?.state === 'idle');
    await at.post('/models/owl/load');
    await at.worker.until('the owl alone', () => {
      const { models } = at.worker.status();
      return models.length === 1 && models[0]?.model === 'owl' && models[0].state === 'idle';
    });
    expect(at.engine.pids()).toHaveLength(2);
  });
});

describe('on the disk', () => {
  /** A model of one file on a server. */
  async function withFile(choice: SceneChoice = {}) {
    const host = await downloadHost(someBytes(200 * KIB));
    const at = await setup({ config: { allow_private_urls: true, disk_floor_gb: 0 }, ...choice });
    const source = aSource([aFile({ url: host.url })], 'gradio');
    await at.ask('/models', { method: 'POST', body: writeJson({ id: 'bear', kind: 'image', source }) });
    return {
      ...at,
      host,
      async [Symbol.asyncDispose]() {
        await at[Symbol.asyncDispose]();
        await host[Symbol.asyncDispose]();
      },
    };
  }

  test('a model is downloaded with its progress, verified, and removed', async () => {
    await using at = await withFile();
    await using events = await subscribe(at.api);
    await events.next('status');
    expect(await at.post('/models/bear/pull')).toMatchObject({ status: 202, body: { state: 'running', files: 1 } });
    for (;;) {
      const { pull } = v.parse(EVENT_SCHEMAS.pull, (await events.next('pull')).data);
      if (pull.state === 'running') continue;
      expect(pull).toMatchObject({ state: 'done', file: 1 });
      break;
    }
    const [, bear] = await listed(at);
    expect(bear).toMatchObject({ id: 'bear', disk: { state: 'whole', sizeBytes: 200 * KIB }, pull: { state: 'done' } });
    const verified = v.parse(VerifiedSchema, (await at.post('/models/bear/verify')).body);
    expect(verified.files).toMatchObject([{ verdict: 'verified' }]);
    expect(await at.ask('/model-files')).toMatchObject({ body: { files: [{ model: 'bear', state: 'whole' }] } });
    expect((await at.ask('/models/bear', { method: 'DELETE' })).status).toBe(200);
    expect(await at.ask('/model-files')).toMatchObject({ body: { files: [] } });
  });

  test('without a GPU, a tenth of the main memory stays free', async () => {
    const report = { gpus: [], ram: { totalBytes: 64 * GIB, freeBytes: 5 * GIB }, reasons: [] };
    await using at = await withFile({ gpus: { probe: () => Promise.resolve(report) } });
    await using events = await subscribe(at.api);
    await events.next('status');
    await at.post('/models/bear/pull');
    while (v.parse(EVENT_SCHEMAS.pull, (await events.next('pull')).data).pull.state === 'running');
    expect(await at.post('/models/bear/load')).toMatchObject({
      status: 409,
      body: { error: 'insufficient_memory', freeGib: 5, marginGib: 6.4 },
    });
  });

  test('a download that fails says why, and can be restarted', async () => {
    await using at = await withFile();
    at.host.fault = () => ({ status: 404 });
    await using events = await subscribe(at.api);
    await events.next('status');
    await at.post('/models/bear/pull');
    for (;;) {
      const { pull } = v.parse(EVENT_SCHEMAS.pull, (await events.next('pull')).data);
      if (pull.state === 'running') continue;
      expect(pull).toMatchObject({ state: 'failed', error: expect.stringContaining('404') });
      break;
    }
    expect(await at.post('/models/bear/pull/cancel')).toMatchObject({ body: { cancelled: false } });
  });
});
