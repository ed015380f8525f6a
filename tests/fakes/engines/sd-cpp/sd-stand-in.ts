/*
 * What the stand-ins for stable-diffusion.cpp's programs have in common: flags, streams, progress bytes, images.
 * Faults are asked for by words: in the prompt for those of a job, in the model's file name for those of loading.
 */
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { keepCall } from './program-calls.ts';

export const SAMPLERS: ReadonlySet<string> = new Set([
  'euler',
  'euler_a',
  'heun',
  'dpm2',
  'dpm++2s_a',
  'dpm++2m',
  'dpm++2mv2',
  'lcm',
]);
const CONTEXT_VALUES = [
  '--diffusion-model',
  '--high-noise-diffusion-model',
  '--model',
  '--vae',
  '--llm',
  '--llm_vision',
  '--t5xxl',
  '--clip_vision',
  '--lora-model-dir',
  '--model-args',
  '--max-vram',
];
const CONTEXT_SWITCHES = ['--offload-to-cpu', '--mmap', '--diffusion-fa', '--vae-tiling'];

export const say = (text: string): boolean => process.stdout.write(text);
export const complain = (text: string): boolean => process.stderr.write(text);
export function fail(message: string): never {
  complain(`[ERROR] main.cpp:1 - ${message}\n`);
  process.exit(1);
}

/** Whether it is from before sd-cli showed an image on its way. */
export const isOld = (): boolean => process.env['SD_CLI_VERSION']?.startsWith('master-300') === true;

/** The flags of the command line, each with its value; `values` and `switches` are the program's own. */
export function readFlags(values: readonly string[], switches: readonly string[] = []): ReadonlyMap<string, string> {
  const args = process.argv.slice(2);
  if (args.includes('--version')) {
    say(`stable-diffusion.cpp version ${process.env['SD_CLI_VERSION'] ?? 'master-920, commit 2f88688'}\n`);
    process.exit(0);
  }
  if (args.includes('--list-devices')) {
    const devices = process.env['SD_CLI_DEVICES'] ?? 'Vulkan0\tRTX 4090\nCPU\tRyzen 9';
    say(`${devices}\n`);
    process.exit(0);
  }
  if (args.includes('--help')) {
    say(
      `Usage: sd-cli [options]\n${isOld() ? '' : '  --preview <m>\n  --preview-path <p>\n  --preview-interval <n>\n'}`,
    );
    process.exit(0);
  }
  const given = new Map<string, string>();
  for (let at = 0; at < args.length; at++) {
    const flag = args[at] ?? '';
    if ([...CONTEXT_VALUES, ...values].includes(flag)) given.set(flag, args[++at] ?? fail(`error: missing value`));
    else if ([...CONTEXT_SWITCHES, ...switches].includes(flag)) given.set(flag, '');
    else fail(`error: unknown argument: ${flag}`);
  }
  return given;
}

/** The first model file, which has to be there. */
export function modelOf(flags: ReadonlyMap<string, string>): string {
  const model = flags.get('--diffusion-model') ?? flags.get('--model') ?? '';
  return existsSync(model) ? model : fail(`load model from file failed: '${model}'`);
}

/** Keeps what the program was given, for the test: one line of JSON in the folder of the model. */
export const note = (model: string, fact: Readonly<Record<string, unknown>>): void => keepCall(dirname(model), fact);

/** Loads, as bars of bytes show; the file's name may ask for a fault. */
export async function load(model: string): Promise<void> {
  say('[INFO ] ggml_extend.hpp:63   - ggml_vulkan: Found 1 Vulkan devices:\n');
  say(`[INFO ] stable-diffusion.cpp:1 - loading model from '${model}'\n`);
  say('\r  |=====>    | 1/2 - 731.22MB/s\x1b[K');
  const name = basename(model);
  if (name.includes('sdxl')) say('[INFO ] stable-diffusion.cpp:2 - Version: SDXL \n');
  if (name.includes('flux')) say('[INFO ] stable-diffusion.cpp:2 - Version: Flux \n');
  if (name.includes('memory')) fail('alloc_tensor_range: failed to allocate Vulkan0 buffer of size 5365186568');
  if (name.includes('dies')) process.kill(process.pid, 'SIGSEGV');
  if (name.includes('hangs')) await new Promise(() => setInterval(() => {}, 60_000));
  say('\r  |==========| 2/2 - 1.10GB/s\x1b[K\n');
}

/** Samples, as bars of steps show. False when no memory is left, as it says itself. */
export async function sample(
  prompt: string,
  steps: number,
  onStep: (step: number) => Promise<void> = () => Promise.resolve(),
): Promise<boolean> {
  const thirsty = prompt.includes('thirsty') && !process.argv.includes('--offload-to-cpu');
  if (thirsty || prompt.includes('memory')) {
    complain('ggml_vulkan: Device memory allocation of size 5365186568 failed.\n');
    complain('[ERROR] ggml_extend.hpp:1 - ggml_gallocr: failed to allocate compute buffer\n');
    return false;
  }
  if (prompt.includes('dies')) process.kill(process.pid, 'SIGSEGV');
  if (prompt.includes('killed')) process.kill(process.pid, 'SIGKILL');
  if (prompt.includes('deaf')) process.on('SIGTERM', () => say('not now\n'));
  for (let step = 1; step <= steps; step++) {
    await onStep(step);
    say(`\r  |====>     | ${step}/${steps} - ${step % 2 ? '3.49it/s' : '1.20s/it'}\x1b[K`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (prompt.includes('hangs')) await new Promise(() => setInterval(() => {}, 60_000));
  say('\r  |==========| 9/9 - 44.10it/s\x1b[K\n'); // the tiles of the decoder
  return true;
}

/** The side that a model draws for one that it is asked for: the next one of its steps. */
export const drawnSide = (asked: number, model: string): number =>
  basename(model).includes('stepped') ? Math.ceil(asked / 64) * 64 : asked;

/** An image with something on it, unless the prompt asks for a grey one. */
export function paintPicture(prompt: string, width: number, height: number, shift = 0): Sharp {
  const pixels = new Uint8Array(width * height * 3);
  for (let at = 0; at < pixels.length; at++) {
    pixels[at] = prompt.includes('grey') ? 128 : (at * at + (at >> 7) + shift) & 0xff;
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}
