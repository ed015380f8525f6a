import { expect, test } from 'bun:test';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { systemFiles } from '../../../src/system/disk/files.ts';
import { diskUsage } from '../../../src/system/disk-usage.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';

async function aFolder() {
  const folder = await tempFolder();
  await mkdir(folder.at('models/deep'), { recursive: true });
  await writeFile(folder.at('models/a.gguf'), 'x'.repeat(100));
  await writeFile(folder.at('models/deep/b.gguf'), 'x'.repeat(23));
  return folder;
}

test('a folder takes what its files take, however deep', async () => {
  await using folder = await aFolder();
  expect(await diskUsage(folder.at('models'), systemFiles)).toBe(123);
  expect(await diskUsage(folder.at('models/a.gguf'), systemFiles)).toBe(100);
  expect(await diskUsage(folder.at('nothing'), systemFiles)).toBe(undefined);
});

test('links inside a folder count nothing, even one that leads around', async () => {
  await using folder = await aFolder();
  await symlink(folder.at('models'), folder.at('models/deep/around'));
  await symlink(folder.at('models/a.gguf'), folder.at('models/again.gguf'));
  expect(await diskUsage(folder.at('models'), systemFiles)).toBe(123);
});

test('what may not be read fails, or counts as empty where that is asked', async () => {
  const denied = Object.assign(new Error('denied'), { code: 'EACCES' });
  const files = { ...systemFiles, list: () => Promise.reject(denied) };
  await using folder = await aFolder();
  expect(await diskUsage(folder.at('models'), files).catch((thrown: unknown) => thrown)).toBe(denied);
  expect(await diskUsage(folder.at('models'), files, { unreadable: 'is-empty' })).toBe(0);
});
