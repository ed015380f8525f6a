#!/usr/bin/env bun
/*
 * Stands in for stable-diffusion.cpp's sd-cli: its flags, its streams, its progress bytes, its exits. Faults are asked
 * for by words in the prompt. What it was asked goes into `asked.json` in the folder of the first model file.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';

const SAMPLERS = new Set(['euler', 'euler_a', 'heun', 'dpm2', 'dpm++2s_a', 'dpm++2m', 'dpm++2mv2', 'lcm']);
const VALUE_FLAGS = new Set([
  '--diffusion-model',
  '--model',
  '--vae',
  '--llm',
  '--llm_vision',
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
  '-o',
  '--seed',
  '--sampling-method',
  '--flow-shift',
  '--model-args',
  '--max-vram',
]);
const SWITCHES = new Set(['--offload-to-cpu', '--mmap', '--diffusion-fa']);

const args = process.argv.slice(2);
const say = (text: string): boolean => process.stdout.write(text);
const fail = (message: string, code = 1): never => {
  process.stderr.write(`[ERROR] main.cpp:1 - ${message}\n`);
  process.exit(code);
};

if (args.includes('--version')) {
  say(`stable-diffusion.cpp version ${process.env['SD_CLI_VERSION'] ?? 'master-920, commit 2f88688'}\n`);
  process.exit(0);
}
const given = new Map<string, string>();
for (let at = 0; at < args.length; at++) {
  const flag = args[at] ?? '';
  if (VALUE_FLAGS.has(flag)) given.set(flag, args[++at] ?? fail(`error: missing value for ${flag}`));
  else if (SWITCHES.has(flag)) given.set(flag, '');
  else fail(`error: unknown argument: ${flag}`);
}
const of = (flag: string): string => given.get(flag) ?? '';
const prompt = of('-p');
const model = of('--diffusion-model') || of('--model');
if (!existsSync(model)) fail(`load model from file failed: '${model}'`);
const pictures = ['-r', '--init-img', '--mask'].filter((flag) => given.has(flag));
for (const flag of pictures) {
  const { format } = await sharp(of(flag)).metadata();
  if (!of(flag).endsWith(format === 'jpeg' ? '.jpg' : `.${format}`)) fail(`load image from '${of(flag)}' failed`);
}
const environment = { libraries: process.env['LD_LIBRARY_PATH'], token: process.env['STUDIO_TOKEN'] };
writeFileSync(join(dirname(model), 'asked.json'), JSON.stringify({ args, environment, pid: process.pid }));
const sampler = given.get('--sampling-method');
if (sampler !== undefined && !SAMPLERS.has(sampler)) fail(`error: invalid sample method ${sampler}`);

say(`[INFO ] stable-diffusion.cpp:1 - loading model from '${model}'\n`);
say('\r  |=====>    | 1/2 - 731.22MB/s\x1b[K\r  |==========| 2/2 - 1.10GB/s\x1b[K\n');
if (prompt.includes('memory')) fail('ggml_gallocr: failed to allocate compute buffer');
if (prompt.includes('dies')) process.kill(process.pid, 'SIGSEGV');
if (prompt.includes('deaf')) process.on('SIGTERM', () => say('not now\n'));
const steps = Number(of('--steps'));
for (let step = 1; step <= steps; step++)
  say(`\r  |====>     | ${step}/${steps} - ${step % 2 ? '3.49it/s' : '1.20s/it'}\x1b[K`);
if (prompt.includes('hangs')) await new Promise(() => setInterval(() => {}, 60_000));
const width = Number(of('-W'));
const height = Number(of('-H'));
const pixels = new Uint8Array(width * height * 3);
for (let at = 0; at < pixels.length; at++) pixels[at] = prompt.includes('grey') ? 128 : (at * at + (at >> 7)) & 0xff;
const picture = sharp(pixels, { raw: { width, height, channels: 3 } });
if (!prompt.includes('nothing')) await picture.toFile(of('-o'));
say(`\n[INFO ] main.cpp:1 - save result image to '${of('-o')}' (success)\n`);
