/*
 * Against stable-diffusion.cpp itself. STUDIO_WORKER_SD_CLI names its sd-cli, STUDIO_WORKER_SD_MODEL a whole model (one
 * file with everything in it). What cannot be tried is skipped, and its name says what was missing.
 */
import { expect, setDefaultTimeout } from 'bun:test';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { imageArgumentsFor, videoArgumentsFor, serverArgumentsFor } from '../../src/engines/sd-cpp/cli/arguments.ts';
import { FILE_ROLES } from '../../src/contract/model-source.ts';
import { aTask, synthetic } from '../fakes/builders.ts';
import { images } from '../fakes/engines/onnx-engine.ts';
import { sdCppScene } from '../fakes/engines/sd-cpp/sd-cpp-engine.ts';
import { USUAL } from '../fakes/engines/loading.ts';
import { needs, variable } from '../needs.ts';

setDefaultTimeout(600_000);

const sdCli = process.env['STUDIO_WORKER_SD_CLI'] ?? '';
const model = process.env['STUDIO_WORKER_SD_MODEL'] ?? '';
const sdServer = join(dirname(sdCli), 'sd-server');
const withProgram = needs(variable('STUDIO_WORKER_SD_CLI'));
const withServer = needs(variable('STUDIO_WORKER_SD_CLI'), sdServer);
const withModel = needs(variable('STUDIO_WORKER_SD_CLI'), variable('STUDIO_WORKER_SD_MODEL'));

/** Everything that a source may say. */
const held = {
  files: new Map(FILE_ROLES.filter((role) => role !== 'model').map((role) => [role, '/file'])),
  defaults: {
    ...synthetic.cliDefaults,
    samplingMethod: 'euler',
    flowShift: 3,
    zeroCondT: true,
    offloadToCpu: true,
    mmap: true,
    maxVramGib: 6,
  },
  lean: true,
};
const inputImages = { init: '/init.png', mask: '/mask.png' };

async function unknownFlags(program: string, words: readonly string[]): Promise<readonly string[]> {
  const child = Bun.spawn([program, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const known = new Set((out + err).match(/(?<=[\s,])--?[\w-]+/g));
  return words.filter((word) => word.startsWith('-') && !known.has(word));
}

withProgram('sd-cli of STUDIO_WORKER_SD_CLI knows every flag that it is given', async () => {
  const image = aTask({ kind: 'image', prompt: 'a fox', negativePrompt: 'text', seed: 1 });
  const video = aTask({ kind: 'video', prompt: 'a fox' });
  if (image.kind !== 'image' || video.kind !== 'video') throw new Error('expected both');
  const output = '/out.png';
  expect(await unknownFlags(sdCli, imageArgumentsFor({ ...held, task: image, images: inputImages, output }))).toEqual(
    [],
  );
  const videoArgs = videoArgumentsFor({ ...held, task: video, images: inputImages, output, frames: 5, fps: 8 });
  expect(await unknownFlags(sdCli, videoArgs)).toEqual([]);
});

withServer('sd-server beside STUDIO_WORKER_SD_CLI knows every flag that it is given', async () => {
  expect(await unknownFlags(sdServer, serverArgumentsFor(held, 1))).toEqual([]);
});

withModel('a picture is painted with the weights of STUDIO_WORKER_SD_MODEL', async () => {
  await using scene = sdCppScene({ variables: { STUDIO_WORKER_SD_CLI: sdCli } });
  const files = { ...scene.files, paths: new Map([['model', model]] as const) };
  await using loaded = await scene.engine.load(files, scene.abort.signal, USUAL);
  expect(loaded.process === undefined).toBe(!existsSync(sdServer));
  const about = { prompt: 'a red fox in the snow', width: 256, height: 256, steps: 2, seed: 7, ext: 'png' };
  const result = await scene.runOn(loaded, about);
  if (result.is !== 'artifact') throw new Error('expected a picture');
  expect(await images.decode(result.bytes)).toMatchObject({ width: 256, height: 256 });
});
