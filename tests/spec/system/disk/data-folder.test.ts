import { expect, test } from 'bun:test';
import { stat } from 'node:fs/promises';
import { openDataFolder } from '../../../../src/system/disk/data-folder.ts';
import { needs, POSIX } from '../../../needs.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('a file that comes in chunks has its name only once it is whole', async () => {
  await using temp = await tempFolder();
  const folder = await openDataFolder(temp.at('data'));
  const file = folder.startFile('incoming');
  file.write(bytes('ab'));
  expect(await folder.blob('whole')).toBeUndefined();
  file.write(bytes('cd'));
  file.publish(folder.pathOf('whole'));
  file.discard();
  expect([await (await folder.blob('whole'))?.text(), await folder.readText('incoming')]).toEqual(['abcd', undefined]);
});

test('a file that is discarded leaves nothing, however often', async () => {
  await using temp = await tempFolder();
  const folder = await openDataFolder(temp.path);
  const file = folder.startFile('incoming');
  file.write(bytes('ab'));
  file.discard();
  file.discard();
  expect(await folder.blob('incoming')).toBeUndefined();
});

test.each(['../outside', 'a/b', '..', 'con', 'job:stream'])(
  'no name in a data folder leads out of it: %j',
  async (name) => {
    await using temp = await tempFolder();
    const folder = await openDataFolder(temp.at('data'));
    expect(() => folder.pathOf(name)).toThrow('is no name in a data folder');
    expect(() => folder.startFile(name)).toThrow('is no name in a data folder');
  },
);

test('two files cannot be started under one name', async () => {
  await using temp = await tempFolder();
  const folder = await openDataFolder(temp.path);
  const first = folder.startFile('incoming');
  expect(() => folder.startFile('incoming')).toThrow('EEXIST');
  first.discard();
});

needs(POSIX)('what a data folder creates is for its owner alone', async () => {
  await using temp = await tempFolder();
  const folder = await openDataFolder(temp.at('data'));
  await folder.writeText('token', 'secret');
  const database = folder.openSqlite('rows');
  await database.close();
  const inner = await folder.openFolder('inner');
  const modes = [folder.path, folder.pathOf('token'), folder.pathOf('rows'), inner.path].map(async (path) =>
    ((await stat(path)).mode & 0o777).toString(8),
  );
  expect(await Promise.all(modes)).toEqual(['700', '600', '600', '700']);
});

test('a file where the folder has to be is an error of the system', async () => {
  await using temp = await tempFolder();
  const folder = await openDataFolder(temp.path);
  await folder.writeText('file', '');
  expect(await openDataFolder(temp.at('file')).catch((thrown: unknown) => thrown)).toHaveProperty('code', 'EEXIST');
});
