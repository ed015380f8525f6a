import { expect, test } from 'bun:test';
import { mkdir } from 'node:fs/promises';
import { systemFiles } from '../../../../src/system/disk/files.ts';
import { ownModels } from '../../../../src/worker/engines/own-models.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';

test('a model that the operator adds or removes is noticed by its folder', async () => {
  await using root = await tempFolder();
  const empty = await ownModels(systemFiles, root.path);
  await mkdir(root.at('llm'));
  const made = await ownModels(systemFiles, root.path);
  await Bun.write(root.at('elsewhere.gguf'), 'weights');
  expect([made === empty, (await ownModels(systemFiles, root.path)) === made]).toEqual([false, true]);
  await Bun.write(root.at('llm/mine.gguf'), 'weights');
  const added = await ownModels(systemFiles, root.path);
  await systemFiles.remove(root.at('llm/mine.gguf'));
  expect(new Set([made, added, await ownModels(systemFiles, root.path)]).size).toBe(3);
});
