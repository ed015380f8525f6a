import { expect, setDefaultTimeout, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { seeingModel, visionProjector } from '../../../src/demo/weights/vision.ts';
import { fileServer } from '../../fakes/models/file-server.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { command } from '../child.ts';
import { setup } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

test('a job about an image file is queued by flags and answered by a model that sees it', async () => {
  await using folder = await tempFolder();
  await using server = fileServer({ 'vl.gguf': seeingModel(), 'vl-mmproj.gguf': visionProjector() });
  await using scene = await setup({ config: { models_root: folder.at('models') } });
  const { url, tokenFile } = scene.studio.studio;
  const studio = (...argv: string[]) =>
    command(folder.path, 'studio', ...argv, '--url', url, '--token-file', tokenFile, '--json');
  const files = [
    '--vram',
    '1',
    '--model',
    server.url('vl.gguf'),
    '--text-encoder-vision',
    server.url('vl-mmproj.gguf'),
  ];
  const added = await studio('models', 'add', '--id', 'vl', '--kind', 'llm', '--engine', 'llama-cpp', ...files);
  expect(added).toMatchObject({ code: 0, err: '' });

  const image = folder.at('leaf.png');
  await writeFile(
    image,
    await sharp({ create: { width: 30, height: 30, channels: 3, background: '#0f0' } })
      .png()
      .toBuffer(),
  );
  const queued = await studio(
    'jobs',
    'create',
    '--kind',
    'llm',
    '--model',
    'vl',
    '--prompt',
    'what is it?',
    '--image',
    image,
  );
  expect(queued).toMatchObject({ code: 0, err: '' });

  const job: { readonly id: string } = JSON.parse(queued.out);
  const { result } = await scene.studio.jobIs(job.id, 'completed');
  expect(result).toMatchObject({ model: 'vl', choices: [{ message: { content: 'I see green' } }] });
});
