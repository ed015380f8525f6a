import { expect, test } from 'bun:test';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import manifest from '../../../dist-manifest.json';
import { buildPack, type PackEntry } from '../../../install/packs.ts';
import { createNativeCache } from '../../../src/system/native/native-cache.ts';
import { failureOf, tempFolder } from '../../fakes/system/temp-folder.ts';

const ENTRY: PackEntry = {
  name: 'cuda',
  flavour: 'cuda',
  packages: ['@node-llama-cpp/linux-x64-cuda', '@node-llama-cpp/linux-x64-cuda-ext'],
  file: 'pack.tar.zst',
  sha256: '',
  sizeBytes: 0,
  unpackedBytes: 0,
};

test('a pack holds each package’s binaries in a folder of its own', async () => {
  await using folder = await tempFolder();
  const modules = folder.at('node_modules');
  const files = {
    'linux-x64-cuda/bins/linux-x64-cuda/llama-addon.node': 'an addon',
    'linux-x64-cuda-ext/bins/linux-x64-cuda/fallback/libggml-cuda.so': 'a library',
  };
  for (const [path, text] of Object.entries({ ...files, 'linux-x64-cuda/package.json': '{}' })) {
    await mkdir(dirname(join(modules, '@node-llama-cpp', path)), { recursive: true });
    await writeFile(join(modules, '@node-llama-cpp', path), text);
  }
  const { path, facts } = await buildPack(ENTRY, modules, folder.path);
  expect(facts).toMatchObject({ sizeBytes: (await readFile(path)).byteLength, unpackedBytes: 17 });
  const environment = { platform: 'linux', homeDir: '', tempDir: folder.path, get: () => folder.at('cache') } as const;
  const cache = createNativeCache({ environment, payloads: {} });
  const unpacked = await cache.unpackFrom('llama-cuda', { path, sha256: facts.sha256 });
  for (const [name, text] of Object.entries(files)) expect(await readFile(join(unpacked, name), 'utf8')).toBe(text);
  expect(await Bun.file(join(unpacked, 'linux-x64-cuda/package.json')).exists()).toBe(false);
});

test('a pack of a package without a bins folder holds what is loaded', async () => {
  await using folder = await tempFolder();
  const modules = folder.at('node_modules');
  const name = '@fugood/node-llama-linux-x64-vulkan';
  await mkdir(join(modules, name), { recursive: true });
  for (const file of ['index.node', 'README.md']) await writeFile(join(modules, name, file), file);
  const { facts } = await buildPack({ ...ENTRY, packages: [name] }, modules, folder.path);
  expect(facts.unpackedBytes).toBe('index.node'.length);
});

test('a package without binaries makes no pack', async () => {
  await using folder = await tempFolder();
  await mkdir(folder.at('node_modules/@node-llama-cpp/linux-x64-cuda/bins'), { recursive: true });
  expect(await failureOf(buildPack(ENTRY, folder.at('node_modules'), folder.path))).toMatchObject({
    message: expect.stringContaining('there are no binaries in'),
  });
});

test('every pack in the manifest has a unique name and needs a driver', () => {
  const packs = manifest.targets.flatMap((target) => target.packs);
  expect(new Set(packs.map(({ file }) => file)).size).toBe(packs.length);
  for (const target of manifest.targets) {
    expect(new Set(target.packs.map(({ name }) => name)).size).toBe(target.packs.length);
  }
  for (const { needs, packages } of packs) expect([needs.library, needs.function, packages[0]]).not.toContain('');
});
