import { expect, test } from 'bun:test';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { systemFolderLinks as links } from '../../../src/system/folder-links.ts';
import { failureOf, tempFolder } from '../../fakes/system/temp-folder.ts';
import { LINUX, needs } from '../../needs.ts';

test('a link leads to its folder, also before that is there', async () => {
  await using at = await tempFolder();
  await links.make(at.at('new/link'), at.at('data/results'));
  expect(await links.targetOf(at.at('new/link'))).toBe(at.at('data/results'));
  await mkdir(at.at('data/results'), { recursive: true });
  await writeFile(at.at('data/results/one'), '1');
  expect(await readdir(at.at('new/link'))).toEqual(['one']);
});

test('a link takes the place of another link, and of nothing else', async () => {
  await using at = await tempFolder();
  await links.make(at.at('link'), at.at('old'));
  await links.make(at.at('link'), at.at('new'));
  expect(await links.targetOf(at.at('link'))).toBe(at.at('new'));
  await writeFile(at.at('file'), 'kept');
  expect(await failureOf(links.make(at.at('file'), at.at('new')))).toMatchObject({ code: 'EEXIST' });
});

test('a link is removed without what it leads to, and nothing else is', async () => {
  await using at = await tempFolder();
  await mkdir(at.at('results'));
  await writeFile(at.at('results/one'), '1');
  await links.make(at.at('link'), at.at('results'));
  for (const name of ['link', 'link', 'results', 'results/one']) await links.remove(at.at(name));
  expect(await readdir(at.path)).toEqual(['results']);
  expect(await readdir(at.at('results'))).toEqual(['one']);
});

test('folders, files and what is missing lead nowhere', async () => {
  await using at = await tempFolder();
  await mkdir(at.at('folder'));
  await writeFile(at.at('file'), '');
  for (const name of ['folder', 'file', 'nothing', 'file/below']) {
    expect(await links.targetOf(at.at(name))).toBeUndefined();
  }
});

needs(LINUX)('file systems are told apart, also for paths to come', async () => {
  await using at = await tempFolder();
  expect(await links.onOneFileSystem(at.at('a'), at.at('b/c/d'))).toBe(true);
  expect(await links.onOneFileSystem(at.at('a'), '/proc/self')).toBe(false);
});
