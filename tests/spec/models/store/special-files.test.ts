import { expect } from 'bun:test';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { localModels } from '../../../../src/engines/local-models.ts';
import { findModels } from '../../../../src/models/store/inventory.ts';
import { sha256 } from '../../../../src/system/disk/digest.ts';
import { systemFiles } from '../../../../src/system/disk/files.ts';
import { aStore, hexOf } from '../../../fakes/models/a-store.ts';
import { downloadHost, someBytes } from '../../../fakes/models/download-host.ts';
import { tempFolder, within } from '../../../fakes/system/temp-folder.ts';
import { needs, POSIX } from '../../../needs.ts';

needs(POSIX)('pipes and devices below the models root are no models, and hold up nobody', async () => {
  await using folder = await tempFolder();
  await mkdir(folder.at('llm'));
  await writeFile(folder.at('llm/fox.gguf'), 'GGUF');
  await symlink(folder.at('llm/fox.gguf'), folder.at('llm/linked.gguf'));
  await symlink('/dev/zero', folder.at('llm/zero.gguf'));
  Bun.spawnSync([
    'mkfifo',
    folder.at('llm/pipe.gguf'),
    folder.at('root.gguf'),
    folder.at('llm/.fox.gguf.receipt.json'),
  ]);
  expect(await localModels(systemFiles, folder.at('llm'), '.gguf')).toEqual(['fox', 'linked']);
  const found = await findModels({ root: folder.path, files: systemFiles, sha256 });
  expect(found.map(({ filename }) => filename)).toEqual(['fox.gguf', 'linked.gguf']);
});

needs(POSIX)('a pipe in the place of a model is replaced by the model', async () => {
  await using folder = await tempFolder();
  await using host = await downloadHost(someBytes(10));
  const at = aStore(folder.path);
  await mkdir(folder.at('m'));
  Bun.spawnSync(['mkfifo', folder.at('m/m.bin')]);
  const path = await within(
    10_000,
    'the model',
    at.fetch({ url: host.url, filename: 'm.bin', sha256: hexOf(host.content) }),
  );
  expect((await readFile(path)).equals(host.content)).toBe(true);
});
