import { expect, setDefaultTimeout, test } from 'bun:test';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeJson } from '../../../src/contract/json.ts';
import type { ModelSource } from '../../../src/contract/model-source.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { aTask, synthetic } from '../../fakes/builders.ts';
import { hostedEngine } from '../../fakes/engines/hosted-engine.ts';
import { fileServer } from '../../fakes/models/file-server.ts';
import { isGone } from '../../fakes/system/gone.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { type LocalWorker, setupStudio } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';
import { USUAL } from '../../fakes/engines/loading.ts';
import { needs, POSIX } from '../../needs.ts';

setDefaultTimeout(TEST_MS);

const source: ModelSource = { ...synthetic, engine: 'gradio' };

/** A studio, a folder for one worker after the other, and an engine whose models live in real children. */
async function setup() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const scene = stack.use(await setupStudio());
  const engine = hostedEngine();
  const { apiBaseUrl, workerId, authToken } = await scene.studio.enrol();
  const config = {
    api_base_url: apiBaseUrl,
    worker_id: workerId,
    auth_token: authToken,
    output_check: 'off',
    models_root: folder.at('models'),
  } as const;
  const start = async (): Promise<LocalWorker> => {
    const worker = await scene.startWorker({ engines: [engine], folder: folder.path, config });
    await worker.live();
    return worker;
  };
  const job = async (model = 'fox', modelSource = source) => {
    const { id } = await scene.studio.createJob(aTask({ kind: 'image', prompt: 'steps' }), { model, modelSource });
    return await scene.studio.jobIs(id, 'completed');
  };
  const stop = async (worker: LocalWorker): Promise<void> => {
    worker.signal();
    await worker.ended;
  };
  /** What an earlier run would have left. */
  const left = (models: readonly object[]): Promise<void> =>
    writeFile(folder.at('residency.json'), writeJson({ version: 1, models }));
  const stored = async (): Promise<unknown> => JSON.parse(await readFile(folder.at('residency.json'), 'utf8'));
  return { folder, scene, engine, start, job, stop, left, stored, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const resident = (about: Record<string, unknown> = {}) => ({
  model: 'fox',
  source,
  gb: 1,
  lastUsedAt: systemClock.now(),
  ...about,
});
const names = (worker: LocalWorker): readonly string[] => worker.events.map(({ event }) => event);

test('a model loaded when the worker stopped is loaded after its start', async () => {
  await using at = await setup();
  const first = await at.start();
  await at.job();
  await first.until('an idle model', () => first.status().models[0]?.state === 'idle');
  await at.stop(first);
  expect(isGone(at.engine.pids()[0] ?? 0)).toBe(true);
  expect(await at.stored()).toMatchObject({ version: 1, models: [{ model: 'fox', source: { engine: 'gradio' } }] });

  const second = await at.start();
  expect((await second.logged('model.restored')).fields).toMatchObject({ engine: 'gradio', model: 'fox' });
  expect(at.engine.loads).toEqual([USUAL, { lean: false, mayFetch: false, device: undefined }]);
  await at.job();
  expect(at.engine.pids()).toHaveLength(2);
  expect(second.status().models).toMatchObject([{ model: 'fox', pid: at.engine.pids()[1] }]);
});

needs(POSIX)('the list of warm models is readable for its owner alone', async () => {
  await using at = await setup();
  const worker = await at.start();
  await at.job();
  await worker.until('an idle model', () => worker.status().models[0]?.state === 'idle');
  await at.stop(worker);
  expect((await stat(at.folder.at('residency.json'))).mode & 0o777).toBe(0o600);
});

test('a model URL’s password and signature reach no file and no log', async () => {
  await using at = await setup();
  await using server = fileServer({ 'fox.bin': new Uint8Array(10) });
  const url = `${server.url('fox.bin').replace('//', '//ada:PASSW0RD@')}?X-Amz-Signature=S1GNATURE`;
  const file = { role: 'model', url, filename: 'fox.bin', approxBytes: 10n, sha256: undefined } as const;
  const first = await at.start();
  await at.job('fox', { ...source, files: [file] });
  await first.until('an idle model', () => first.status().models[0]?.state === 'idle');
  await at.stop(first);
  const second = await at.start();
  await second.logged('model.restored');
  await at.stop(second);
  expect(await at.stored()).toMatchObject({ models: [{ source: { files: [{ url: server.url('fox.bin') }] } }] });
  const texts = [JSON.stringify([...first.events, ...second.events])];
  for (const entry of await readdir(at.folder.path, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) texts.push(`${entry.name} ${await readFile(join(entry.parentPath, entry.name), 'latin1')}`);
  }
  expect(texts.filter((text) => text.startsWith('residency.json'))).toHaveLength(1);
  expect(texts.filter((text) => /PASSW0RD|S1GNATURE/.test(text))).toEqual([]);
});

test('a model that was unloaded before the stop is not loaded again', async () => {
  await using at = await setup();
  const first = await at.start();
  await at.job();
  await first.until('an idle model', () => first.status().models[0]?.state === 'idle');
  first.clock.skip(300_000);
  await first.until('no models', () => first.status().models.length === 0);
  await at.stop(first);
  expect(await at.stored()).toEqual({ version: 1, models: [] });
});

test('an offer does not wait for a preload', async () => {
  await using at = await setup();
  await at.left([resident({ model: 'endless' })]);
  const worker = await at.start();
  await worker.until('a child that loads', () => at.engine.pids().length === 1);
  await at.job();
  await worker.until('an end of that child', () => isGone(at.engine.pids()[0] ?? 0));
  expect((await worker.logged('model.not-restored')).fields).toMatchObject({ model: 'endless' });
});

test('a stop does not wait for a preload either', async () => {
  await using at = await setup();
  await at.left([resident({ model: 'endless' })]);
  const worker = await at.start();
  await worker.until('a child that loads', () => at.engine.pids().length === 1);
  await at.stop(worker);
  expect(isGone(at.engine.pids()[0] ?? 0)).toBe(true);
});

test('a model whose keep-warm time expired before the start is not loaded', async () => {
  await using at = await setup();
  await at.left([resident({ lastUsedAt: systemClock.now() - 301_000 })]);
  const worker = await at.start();
  expect((await worker.logged('model.not-restored')).fields).toMatchObject({
    because: 'its keep-warm time has expired',
  });
  expect(at.engine.pids()).toEqual([]);
});

test('a model whose files are gone is not fetched for a preload', async () => {
  await using at = await setup();
  await using server = fileServer({ 'fox.bin': new Uint8Array(10) });
  const files = [{ role: 'model', url: server.url('fox.bin'), filename: 'fox.bin' }];
  await at.left([resident({ source: { ...source, files } })]);
  const worker = await at.start();
  expect((await worker.logged('model.not-restored')).fields).toMatchObject({ model: 'fox' });
  expect([server.asked, at.engine.pids()]).toEqual([[], []]);
});

test('a file that holds something else is put aside, and the worker starts', async () => {
  await using at = await setup();
  await writeFile(at.folder.at('residency.json'), '{"version":1,"models":[{"model":7}]}');
  const worker = await at.start();
  expect(names(worker)).toContain('residency.unreadable');
  const aside = (await readdir(at.folder.path)).find((name) => name.startsWith('residency.json.corrupt-')) ?? '';
  expect(await readFile(join(at.folder.path, aside), 'utf8')).toContain('"model":7');
  await at.job();
});
