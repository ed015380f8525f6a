#!/usr/bin/env bun
/* Stands in for stable-diffusion.cpp's sd-cli; see `sd-stand-in.ts`. */
import { copyFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import sharp from 'sharp';
import { makeAvi } from './avi.ts';
import {
  drawnSide,
  fail,
  isOld,
  load,
  modelOf,
  note,
  paintPicture,
  readFlags,
  sample,
  SAMPLERS,
  say,
} from './sd-stand-in.ts';

const flags = readFlags([
  '-M',
  '-p',
  '--negative-prompt',
  '-r',
  '--mask',
  '--init-img',
  '--strength',
  '--cfg-scale',
  '--steps',
  '-W',
  '-H',
  '--video-frames',
  '--fps',
  '-o',
  '--seed',
  '--sampling-method',
  '--flow-shift',
  ...(isOld() ? [] : ['--preview', '--preview-path', '--preview-interval']),
]);
const of = (flag: string): string => flags.get(flag) ?? '';
const prompt = of('-p');
const model = modelOf(flags);
for (const flag of ['-r', '--init-img', '--mask'].filter((one) => flags.has(one))) {
  const { format } = await sharp(of(flag)).metadata();
  copyFileSync(of(flag), join(dirname(model), basename(of(flag)))); // for the test, which can no longer see it later
  if (!of(flag).endsWith(format === 'jpeg' ? '.jpg' : `.${format}`)) fail(`load image from '${of(flag)}' failed`);
}
const environment = { libraries: process.env['LD_LIBRARY_PATH'], token: process.env['STUDIO_TOKEN'] };
note(model, { program: 'sd-cli', pid: process.pid, args: process.argv.slice(2), environment });
const sampler = flags.get('--sampling-method');
if (sampler !== undefined && !SAMPLERS.has(sampler)) fail(`error: invalid sample method ${sampler}`);
await load(model);
if (!(await sample(prompt, Number(of('--steps')), preview))) fail('generate failed');
const width = drawnSide(Number(of('-W')), model);
const height = drawnSide(Number(of('-H')), model);
if (!prompt.includes('nothing'))
  await (of('-M') === 'vid_gen' ? video() : paintPicture(prompt, width, height).toFile(of('-o')));
say(`[INFO ] main.cpp:1 - save result image to '${of('-o')}' (success)\n`);

/** An eighth of the size, as its latents are. */
async function preview(step: number): Promise<void> {
  if (flags.has('--preview-path')) await paintPicture(prompt, 8, 6, step).toFile(of('--preview-path'));
}

/** Like the real one: one frame and then whole groups of four. */
async function video(): Promise<void> {
  if (!of('-o').endsWith('.avi')) fail('only AVI is written here');
  const frames: Uint8Array[] = [];
  const count = Math.floor((Number(of('--video-frames')) - 1) / 4) * 4 + 1;
  for (let at = 0; at < count; at++) frames.push(await paintPicture(prompt, width, height, at).jpeg().toBuffer());
  writeFileSync(of('-o'), makeAvi(frames, { width, height, fps: Number(of('--fps')) }));
}
