import { expect, test } from 'bun:test';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { acquireLock } from '../../../../src/system/disk/lock.ts';
import { aStore } from '../../../fakes/models/a-store.ts';
import { downloadHost, someBytes } from '../../../fakes/models/download-host.ts';
import { failureOf, tempFolder } from '../../../fakes/system/temp-folder.ts';

const filesBelow = async (root: string): Promise<readonly string[]> =>
  (await readdir(root, { recursive: true })).toSorted();

test('offers whose files cannot be had leave no lock and no folder, however many', async () => {
  await using folder = await tempFolder();
  await using host = await downloadHost(someBytes(10));
  host.fault = () => ({ status: 404 });
  const at = aStore(folder.path);
  for (let nth = 0; nth < 20; nth++) {
    const fetched = at.fetch({ url: host.url, filename: `file-${nth}.bin` }, { model: `model-${nth}` });
    expect(await failureOf(fetched)).toMatchObject({ code: 'download.missing' });
  }
  expect(await filesBelow(folder.path)).toEqual([]);
});

test('a download leaves its model and receipt, and sweeps killed downloads’ locks', async () => {
  await using folder = await tempFolder();
  await using host = await downloadHost(someBytes(10));
  for (const name of ['gone', 'shared']) await mkdir(folder.at(name));
  for (const name of ['gone/.studio-worker-0a.lock', 'shared/.studio-worker-0b.use-7.lock', 'shared/model.bin']) {
    await writeFile(folder.at(name), '');
  }
  const held = await acquireLock(folder.at('shared/.studio-worker-0c.lock'), { pid: 7, removes: true });
  const at = aStore(folder.path);
  await at.fetch({ url: host.url, filename: 'm.bin' });
  const left = await filesBelow(folder.path);
  expect(left.filter((name) => name.endsWith('.lock'))).toEqual(['shared/.studio-worker-0c.lock']);
  expect(left).toEqual(expect.arrayContaining(['m/m.bin', 'shared/model.bin']));
  expect(left).not.toContain('gone');
  if (held.is === 'held') held.release();
  expect((await filesBelow(folder.path)).filter((name) => name.includes('lock'))).toEqual([]);
});
