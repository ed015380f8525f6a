import { expect, test } from 'bun:test';
import { mkdir, writeFile } from 'node:fs/promises';
import { transcribingModel } from '../../../../src/demo/weights/transcriber.ts';
import { createLocalRecognisers } from '../../../../src/engines/whisper/local.ts';
import { isGgmlRecogniser } from '../../../../src/models/headers/ggml.ts';
import { systemFiles } from '../../../../src/system/disk/files.ts';
import { speechModel } from '../../../fakes/engines/speech-model.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';

const recogniser = transcribingModel();
const finder = speechModel();

/** A folder of models, and how often one of them was opened. */
async function setup() {
  const folder = await tempFolder();
  const opened: string[] = [];
  const names = createLocalRecognisers({
    files: {
      ...systemFiles,
      openRead: (path) => {
        opened.push(path.slice(folder.path.length + 1));
        return systemFiles.openRead(path);
      },
    },
    folder: folder.path,
    isRecogniser: isGgmlRecogniser,
  });
  return { folder, names, opened, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test('a model that only finds speech is not offered beside the recognisers', async () => {
  await using at = await setup();
  await writeFile(at.folder.at('ggml-base.bin'), recogniser);
  await writeFile(at.folder.at('ggml-silero-v5.1.2.bin'), finder);
  await writeFile(at.folder.at('pytorch_model.bin'), 'PK');
  await writeFile(at.folder.at('nothing.bin'), '');
  await mkdir(at.folder.at('folder.bin'));
  expect(await at.names()).toEqual(['ggml-base']);
});

test('a model is read once, and again when its file is another', async () => {
  await using at = await setup();
  await writeFile(at.folder.at('fox.bin'), finder);
  expect([await at.names(), await at.names(), at.opened]).toEqual([[], [], ['fox.bin']]);
  await writeFile(at.folder.at('fox.bin'), recogniser);
  expect([await at.names(), await at.names()]).toEqual([['fox'], ['fox']]);
  expect(at.opened).toEqual(['fox.bin', 'fox.bin']);
});

test('without a folder there is nothing to offer', async () => {
  await using at = await setup();
  await systemFiles.remove(at.folder.path);
  expect(await at.names()).toEqual([]);
});
