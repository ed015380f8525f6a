import { expect, setDefaultTimeout, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { toModelId } from '../../../../src/base/ids.ts';
import { DAY_MS, KIB } from '../../../../src/base/units.ts';
import { toCollect } from '../../../../src/models/store/gc.ts';
import type { FoundFile } from '../../../../src/models/store/inventory.ts';
import { sidecarsOf } from '../../../../src/models/names.ts';
import { systemFiles } from '../../../../src/system/disk/files.ts';
import { acquireLock } from '../../../../src/system/disk/lock.ts';
import { aFile, aSource, aStore, hexOf, SMALL, type StoreScene } from '../../../fakes/models/a-store.ts';
import { type DownloadHost, downloadHost, someBytes } from '../../../fakes/models/download-host.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { TEST_MS, waitFor } from '../../../flow/wait-for.ts';
import { needs, POSIX } from '../../../needs.ts';
import { failureOf, tempFolder, within } from '../../../fakes/system/temp-folder.ts';

setDefaultTimeout(TEST_MS);

interface Scene extends StoreScene, AsyncDisposable {
  readonly host: DownloadHost;
  readonly bytes: Uint8Array;
  put(path: string, content: Uint8Array | string): Promise<string>;
}

async function setup(sizeBytes = 10 * KIB, choice: Parameters<typeof aStore>[1] = {}): Promise<Scene> {
  const folder = await tempFolder();
  const bytes = someBytes(sizeBytes);
  const host = await downloadHost(bytes);
  return {
    ...aStore(folder.path, choice),
    host,
    bytes,
    async put(path, content) {
      const at = join(folder.path, path);
      await mkdir(join(at, '..'), { recursive: true });
      await writeFile(at, content);
      return at;
    },
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A GGUF without keys or tensors: version 3, twice a count of 0, and so many bytes of nothing behind it. */
const aGguf = (extraBytes = 0): Uint8Array =>
  new Uint8Array([0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0, ...Array<number>(16 + extraBytes).fill(0)]);

test('a file of the flat cache is used where it is', async () => {
  await using scene = await setup();
  const flat = await scene.put('m.bin', 'weights');
  expect(await scene.fetch({ url: scene.host.url })).toBe(flat);
  expect(scene.host.asked).toEqual([]);
});

needs(POSIX)('a model whose folder leads to the programs is not written there', async () => {
  await using scene = await setup();
  await scene.put('bin/sd-cli', 'the program');
  await symlink(join(scene.root, 'bin'), join(scene.root, 'm'));
  const failure = await failureOf(scene.fetch({ url: scene.host.url, filename: 'sd-cli.new' }));
  expect(failure).toMatchObject({ code: 'model.filename-unsafe', retryable: false });
  expect(readdirSync(join(scene.root, 'bin'))).toEqual(['sd-cli']);
  expect(scene.host.asked).toEqual([]);
});

test('a language model is found in its folder, or flat by its size', async () => {
  await using scene = await setup();
  const flat = await scene.put('m.gguf', aGguf());
  scene.host.content = aGguf(8);
  const llm = { engine: 'llama-cpp' } as const;
  const file = { url: scene.host.url, filename: 'm.gguf' };
  expect(await scene.fetch({ ...file, approxBytes: 24n }, llm)).toBe(flat);
  expect(await scene.fetch({ ...file, approxBytes: 32n }, llm)).toBe(`${scene.root}/llm/m.gguf`);
});

test('a language model without files is the one that the operator put there', async () => {
  await using scene = await setup();
  const mine = await scene.put('llm/qwen.gguf', aGguf());
  await using hold = scene.store.hold();
  const pathsOf = async (model: string) =>
    (await hold.filesFor({ model: toModelId(model), source: aSource([], 'llama-cpp') }, scene.signal)).paths;
  expect([...(await pathsOf('qwen'))]).toEqual([['model', mine]]);
  expect([...(await pathsOf('../qwen'))]).toEqual([]);
  expect([...(await pathsOf('other'))]).toEqual([]);
});

test('two language models with one file name do not overwrite each other', async () => {
  await using scene = await setup();
  const llm = { engine: 'llama-cpp' } as const;
  const paths: string[] = [];
  for (const [model, sizeBytes] of [
    ['a', 1],
    ['b', 2],
  ] as const) {
    scene.host.content = aGguf(sizeBytes);
    const file = { url: scene.host.url, filename: 'm.gguf', sha256: hexOf(aGguf(sizeBytes)) };
    paths.push(await scene.fetch(file, { ...llm, model }));
  }
  expect(paths).toEqual([`${scene.root}/llm/m.gguf`, `${scene.root}/b/m.gguf`]);
  expect(hexOf(await readFile(`${scene.root}/llm/m.gguf`))).toBe(hexOf(aGguf(1)));
});

test('a model whose checksum has changed is fetched again', async () => {
  await using scene = await setup();
  await scene.fetch({ url: scene.host.url, sha256: hexOf(scene.bytes) });
  scene.host.content = someBytes(10 * KIB, 5);
  const path = await scene.fetch({ url: scene.host.url, sha256: hexOf(scene.host.content) });
  expect(hexOf(await readFile(path))).toBe(hexOf(scene.host.content));
});

test('a file that is not a model is neither used nor kept', async () => {
  await using scene = await setup();
  await scene.put('m.bin', '<!doctype html><p>sign in</p>');
  expect(await scene.fetch({ url: scene.host.url })).toBe(`${scene.root}/m/m.bin`);
  expect(scene.log.find('model.unusable')?.fields['error']).toContain('it is a web page');
  scene.host.content = new Uint8Array();
  expect(await failureOf(scene.fetch({ url: scene.host.url, filename: 'empty.bin' }))).toMatchObject({
    code: 'model.not-a-model',
    retryable: false,
  });
  scene.host.content = someBytes(100);
  scene.host.contentType = 'text/html; charset=utf-8';
  expect(await failureOf(scene.fetch({ url: scene.host.url, filename: 'page.bin' }))).toMatchObject({
    code: 'model.not-a-model',
  });
  expect((await scene.store.list()).map(({ path }) => path.slice(scene.root.length))).toEqual(['/m.bin', '/m/m.bin']);
});

test('a checksum that no file can match is rejected before a request', async () => {
  await using scene = await setup();
  expect(await failureOf(scene.fetch({ url: scene.host.url, sha256: 'abc' }))).toMatchObject({
    code: 'model.checksum-mismatch',
  });
  expect(scene.host.asked).toEqual([]);
});

test('every file of a source is fetched, the first of a role counts', async () => {
  await using scene = await setup();
  await using hold = scene.store.hold();
  const file = (role: 'model' | 'vae', filename: string) => aFile({ role, filename, url: scene.host.url });
  const source = aSource([file('model', 'a.bin'), file('vae', 'v.bin'), file('model', 'b.bin')]);
  const { paths } = await hold.filesFor({ model: toModelId('org/x'), source }, scene.signal);
  expect([...paths]).toEqual([
    ['model', `${scene.root}/org_x/a.bin`],
    ['vae', `${scene.root}/org_x/v.bin`],
  ]);
  expect((await scene.store.show('org/x')).map(({ filename }) => filename)).toEqual(['a.bin', 'b.bin', 'v.bin']);
});

test('LoRA files are all there, in the order of their source', async () => {
  await using scene = await setup();
  await using hold = scene.store.hold();
  const file = (role: 'model' | 'lora', filename: string) => aFile({ role, filename, url: scene.host.url });
  const source = aSource([file('lora', 'b.bin'), file('model', 'm.bin'), file('lora', 'a.bin')]);
  const { loras } = await hold.filesFor({ model: toModelId('x'), source }, scene.signal);
  expect(loras).toEqual([`${scene.root}/x/b.bin`, `${scene.root}/x/a.bin`]);
});

test('a request for present files only is served from disk and fetches nothing', async () => {
  await using scene = await setup();
  await using hold = scene.store.hold();
  const request = { model: toModelId('m'), source: aSource([aFile({ url: scene.host.url })]) };
  const missing = hold.filesFor({ ...request, onlyPresent: true }, scene.signal);
  expect(await failureOf(missing)).toMatchObject({ code: 'model.not-found' });
  expect(scene.host.asked).toHaveLength(0);
  const { paths } = await hold.filesFor(request, scene.signal);
  expect((await hold.filesFor({ ...request, onlyPresent: true }, scene.signal)).paths).toEqual(paths);
});

test('a file in use is neither removed nor collected by any process', async () => {
  await using scene = await setup();
  const hold = scene.store.hold();
  const source = aSource([aFile({ url: scene.host.url })]);
  await hold.filesFor({ model: toModelId('m'), source }, scene.signal);
  const elsewhere = aStore(scene.root, { pid: 1 }).store;
  for (const store of [scene.store, elsewhere]) {
    expect(await failureOf(store.remove('m'))).toMatchObject({ code: 'model.in-use' });
    const { removed, inUse } = await store.collect({ maxBytes: 0 });
    expect([removed.length, inUse.length]).toEqual([0, 1]);
  }
  await hold[Symbol.asyncDispose]();
  expect((await elsewhere.collect({ maxBytes: 0 })).removed).toHaveLength(1);
  expect(await systemFiles.list(`${scene.root}/m`)).not.toContain('m.bin');
});

test('files kept beyond their hold stay in use until released', async () => {
  await using scene = await setup();
  const hold = scene.store.hold();
  const files = ['a.bin', 'b.bin'].map((filename) => aFile({ url: scene.host.url, filename }));
  const stored = await hold.filesFor({ model: toModelId('m'), source: aSource(files) }, scene.signal);
  const held = await stored.hold();
  await hold[Symbol.asyncDispose]();
  expect((await scene.store.collect({ maxBytes: 0 })).inUse).toHaveLength(2);
  expect(await failureOf(aStore(scene.root, { pid: 1 }).store.remove('m'))).toMatchObject({ code: 'model.in-use' });
  await held[Symbol.asyncDispose]();
  expect((await scene.store.collect({ maxBytes: 0 })).removed).toHaveLength(2);
});

test('a request that outlives its hold leaves no file marked as in use', async () => {
  await using scene = await setup();
  await scene.put('m.bin', 'weights');
  const hold = scene.store.hold();
  const pending = hold.filesFor({ model: toModelId('m'), source: aSource([aFile({})]) }, scene.signal);
  await hold[Symbol.asyncDispose]();
  expect((await pending).paths.size).toBe(1);
  const isUnmarked = (): boolean => !readdirSync(scene.root).some((name) => name.includes('.use-'));
  await waitFor('the mark to be gone', isUnmarked, () => readdirSync(scene.root).join(', '));
  expect(await scene.store.remove('m')).toHaveLength(1);
});

test('a worker keeps its models within the budget by itself', async () => {
  const clock = new FakeClock();
  await using scene = await setup(10 * KIB, { maxBytes: () => 25 * KIB, clock });
  const mine = await scene.put('mine.bin', someBytes(1_000));
  for (const model of ['a', 'b', 'c']) {
    await scene.fetch({ url: scene.host.url, filename: `${model}.bin` }, { model });
    clock.advance(1_000);
  }
  expect((await scene.store.list()).map(({ model }) => model)).toEqual(['b', 'c', 'mine']);
  expect((await systemFiles.stat(mine))?.sizeBytes).toBe(1_000);
});

const aFound = (about: Partial<FoundFile>, at: number): FoundFile => ({
  model: 'm',
  filename: `${at}`,
  path: `/m/${at}`,
  sizeBytes: 1,
  state: 'whole',
  sha256: 'x',
  url: undefined,
  usedAt: at,
  folder: '/m',
  sidecars: sidecarsOf('/m', `${at}`, (text) => text),
  ...about,
});

test('garbage collection removes the oldest, never what the operator put there', () => {
  const sizes = fc.array(fc.record({ sizeBytes: fc.nat(100), own: fc.boolean() }), { maxLength: 20 });
  fc.assert(
    fc.property(sizes, fc.nat(1_000), (files, maxBytes) => {
      const found = files.map(({ sizeBytes, own }, at) => aFound({ sizeBytes, sha256: own ? 'x' : undefined }, at));
      const gone = toCollect(found, maxBytes, 0);
      const left = found.filter((file) => !gone.includes(file));
      const leftBytes = left.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      expect(gone.every(({ sha256 }) => sha256 !== undefined)).toBe(true);
      expect(leftBytes <= maxBytes || left.every(({ sha256 }) => sha256 === undefined)).toBe(true);
      const newest = gone.at(-1);
      if (newest !== undefined) expect(leftBytes + newest.sizeBytes).toBeGreaterThan(maxBytes);
      const own = left.filter(({ sha256 }) => sha256 !== undefined);
      for (const file of gone) for (const kept of own) expect(file.usedAt).toBeLessThan(kept.usedAt);
    }),
  );
});

test('a download that nobody resumed for a week is removed, budget or not', () => {
  const old = aFound({ state: 'partial', sha256: undefined }, 0);
  const young = aFound({ state: 'partial', sha256: undefined }, 7 * DAY_MS);
  expect(toCollect([old, young], undefined, 8 * DAY_MS)).toEqual([old]);
});

test('a killed download is listed, and resumed by the next process', async () => {
  await using scene = await setup(200 * KIB);
  scene.host.fault = () => ({ stallAfterBytes: 10 * KIB });
  const child = Bun.spawn(
    [
      process.execPath,
      join(import.meta.dir, '../../../fakes/models/pull-child.ts'),
      scene.root,
      scene.host.url,
      String(60 * KIB),
    ],
    { stdout: 'pipe', stderr: 'inherit' },
  );
  const reader = child.stdout.getReader();
  await within(10_000, 'the child to get so far', reader.read());
  const listed = (): boolean => readdirSync(`${scene.root}/m`).some((name) => name.endsWith('.progress.json'));
  await waitFor('the list of blocks', listed, () => readdirSync(`${scene.root}/m`).join(', '));
  child.kill('SIGKILL');
  await child.exited;
  const [partial] = await scene.store.list();
  expect(partial).toMatchObject({ state: 'partial', filename: 'm.bin', model: 'm' });
  expect(await readFile((partial?.path ?? '').replace(/part$/, 'progress.json'), 'utf8')).toContain('"model":"m"');
  expect(partial?.sizeBytes).toBeGreaterThan(0);
  scene.host.fault = () => undefined;
  const before = scene.host.sentBytes;
  const path = await scene.fetch({ url: scene.host.url });
  expect(hexOf(await readFile(path))).toBe(hexOf(scene.bytes));
  expect(scene.host.sentBytes - before).toBeLessThanOrEqual(200 * KIB - (partial?.sizeBytes ?? 0));
  expect((await scene.store.list()).map(({ state }) => state)).toEqual(['whole']);
});

test('what another process is fetching is waited for and not fetched twice', async () => {
  await using scene = await setup();
  await mkdir(`${scene.root}/m`);
  const { lock } = sidecarsOf(`${scene.root}/m`, 'm.bin', (text) => scene.options.sha256(text).toHex().slice(0, 16));
  const other = await acquireLock(lock, { pid: 1 });
  const waiting = Promise.withResolvers<void>();
  const onProgress = ({ phase }: { phase: string }): void => {
    if (phase === 'wait') waiting.resolve();
  };
  const fetched = scene.fetch({ url: scene.host.url }, { onProgress });
  await within(10_000, 'the wait', waiting.promise);
  await scene.put('m/m.bin', scene.bytes);
  if (other.is === 'held') other.release();
  expect(await fetched).toBe(`${scene.root}/m/m.bin`);
  expect(scene.host.asked).toEqual([]);
});

test('an unreadable receipt counts as none, and verifying finds a broken file', async () => {
  await using scene = await setup();
  await scene.put('m/m.bin', 'weights');
  const { receipt } = sidecarsOf(`${scene.root}/m`, 'm.bin', (text) => scene.options.sha256(text).toHex().slice(0, 16));
  for (const text of ['{"filename": "m.bi', '[]', 'null', '{"sha256": 5}']) {
    await writeFile(receipt, text);
    const [file] = await scene.store.show('m');
    expect(file).toMatchObject({ model: 'm', sha256: undefined });
  }
  await scene.put('m/page.gguf', '<html>');
  const page = (await scene.store.show('m')).find(({ filename }) => filename === 'page.gguf');
  expect(page && (await scene.store.verify(page, () => {}))).toMatchObject({
    is: 'broken',
    because: 'page.gguf is not a model file: it is a web page',
  });
});

test('a stopped job stops its download, which the next one resumes', async () => {
  await using scene = await setup(50 * KIB, { policy: { ...SMALL, stallMs: 60_000 } });
  scene.host.fault = () => ({ stallAfterBytes: 20 * KIB });
  const stopping = new AbortController();
  const reason = new Error('stopped');
  const onProgress = (): void => stopping.abort(reason);
  expect(await failureOf(scene.fetch({ url: scene.host.url }, { signal: stopping.signal, onProgress }))).toBe(reason);
  scene.host.fault = () => undefined;
  expect(hexOf(await readFile(await scene.fetch({ url: scene.host.url })))).toBe(hexOf(scene.bytes));
});

test('a partial download is listed with its model, not its shared folder', async () => {
  await using scene = await setup();
  const progress = { filename: 'fox-q4.gguf', url: 'h', sizeBytes: 8, blockBytes: 4, done: [[0, 1]] };
  await mkdir(`${scene.root}/llm`);
  for (const [stem, model] of [
    ['aa', 'fox'],
    ['bb', undefined],
  ] as const) {
    await writeFile(`${scene.root}/llm/.studio-worker-${stem}.part`, '12345678');
    await writeFile(`${scene.root}/llm/.studio-worker-${stem}.progress.json`, JSON.stringify({ ...progress, model }));
  }
  expect((await scene.store.list()).map(({ model, filename, sizeBytes }) => [model, filename, sizeBytes])).toEqual([
    ['fox', 'fox-q4.gguf', 4],
    ['fox-q4', 'fox-q4.gguf', 4],
  ]);
});
