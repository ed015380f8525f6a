import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { WorkerError } from '../../../../src/base/errors.ts';
import type { CliDefaults, FileRole } from '../../../../src/contract/model-source.ts';
import type { TaskOf } from '../../../../src/contract/tasks/index.ts';
import { imageArgumentsFor } from '../../../../src/engines/sd-cpp/cli/arguments.ts';
import { float32Text } from '../../../../src/engines/sd-cpp/cli/float32.ts';
import type { ImagePaths } from '../../../../src/engines/sd-cpp/input-images.ts';
import { lorasOf } from '../../../../src/engines/sd-cpp/loras.ts';
import { aTask, synthetic } from '../../../fakes/builders.ts';

const MODEL: ReadonlyMap<FileRole, string> = new Map([['diffusion-model', '/m/q.gguf']]);

function imageTask(about: Readonly<Record<string, unknown>>): TaskOf<'image'> {
  const task = aTask({ kind: 'image', prompt: 'a fox', ...about });
  if (task.kind !== 'image') throw new Error('expected an image task');
  return task;
}

interface Setup {
  readonly task?: Readonly<Record<string, unknown>>;
  readonly files?: ReadonlyMap<FileRole, string>;
  readonly defaults?: Partial<CliDefaults>;
  readonly images?: ImagePaths;
  readonly loras?: readonly string[];
}

const setup = ({ task = {}, files = MODEL, defaults = {}, images = {}, loras = [] }: Setup): readonly string[] => {
  const all = { ...synthetic.cliDefaults, cfgScale: 0, steps: 0, width: 0, height: 0, ...defaults };
  return imageArgumentsFor({
    task: imageTask(task),
    files,
    loras: lorasOf({ loras, defaults: all }),
    defaults: all,
    images,
    output: '/o.webp',
  });
};

const valueOf = (args: readonly string[], flag: string): string | undefined => args[args.indexOf(flag) + 1];

test('an image task with every field makes the arguments in their order', () => {
  const args = setup({
    task: {
      prompt: 'a stone golem',
      negativePrompt: 'text, watermark, low quality',
      denoise: 0.55,
      cfgScale: 7.5,
      samplingMethod: 'dpm++2m',
      width: 768,
      height: 512,
      steps: 30,
      seed: 1234n,
    },
    files: new Map([
      ['text-encoder', '/m/Qwen3-4B.gguf'],
      ['vae', '/m/ae.safetensors'],
      ['diffusion-model', '/m/z_image_turbo-Q4_K.gguf'],
      ['model', '/m/never'],
    ]),
    defaults: { cfgScale: 1, steps: 8, width: 1024, height: 1024, samplingMethod: 'euler' },
    images: { init: '/i.jpg', mask: '/k.png' },
  });
  expect(args).toEqual([
    '--diffusion-model',
    '/m/z_image_turbo-Q4_K.gguf',
    '--vae',
    '/m/ae.safetensors',
    '--llm',
    '/m/Qwen3-4B.gguf',
    '-p',
    'a stone golem',
    '--negative-prompt',
    'text, watermark, low quality',
    '--init-img',
    '/i.jpg',
    '--strength',
    '0.55',
    '--mask',
    '/k.png',
    '--cfg-scale',
    '7.5',
    '--steps',
    '30',
    '-W',
    '768',
    '-H',
    '512',
    '-o',
    '/o.webp',
    '--seed',
    '1234',
    '--sampling-method',
    'dpm++2m',
    '--diffusion-fa',
  ]);
});

test('LoRA files come as their folder, and as tags behind the prompt', () => {
  const args = setup({
    task: { prompt: 'a cat' },
    files: new Map([
      ['diffusion-model', '/m/q.gguf'],
      ['text-encoder-vision', '/m/mmproj.gguf'],
    ]),
    defaults: { loraWeight: 0.65 },
    loras: ['/m/a.safetensors', '/m/b.bin', '/m/c.gguf'],
  });
  const at = args.indexOf('--llm_vision');
  expect(args.slice(at, at + 6)).toEqual([
    '--llm_vision',
    '/m/mmproj.gguf',
    '--lora-model-dir',
    '/m',
    '-p',
    'a cat <lora:a:0.65> <lora:c:0.65>',
  ]);
});

test('a LoRA counts fully by default, whatever the case of its extension', () => {
  const loras = ['C:\\models\\golem\\Style.v2.CKPT'];
  expect(valueOf(setup({ loras }), '-p')).toBe('a fox <lora:Style.v2:1>');
  expect(valueOf(setup({ loras }), '--lora-model-dir')).toBe('C:\\models\\golem');
  expect(setup({ loras: ['/m/readme.txt'] })).toEqual(setup({}));
});

test('LoRA files in several folders fail the model, since sd-cli would miss one silently', () => {
  expect(() => setup({ loras: ['/m/own/a.safetensors', '/m/b.safetensors'] })).toThrow(
    'the LoRA files of the model lie in several folders',
  );
});

test('an instruction edit starts from its reference with the model defaults', () => {
  const args = setup({
    task: { prompt: 'remove the hat', width: 1024, height: 1024 },
    files: new Map([
      ['diffusion-model', '/m/q.gguf'],
      ['text-encoder', '/m/te.gguf'],
      ['text-encoder-vision', '/m/mmproj.gguf'],
      ['vae', '/m/vae.safetensors'],
    ]),
    defaults: {
      cfgScale: 2.5,
      steps: 20,
      width: 1024,
      height: 1024,
      samplingMethod: 'euler',
      flowShift: 3,
      zeroCondT: true,
      offloadToCpu: true,
      mmap: true,
      maxVramGib: 6.5,
    },
    images: { ref: '/r.png', mask: '/k.png', init: '/never.png' },
  });
  expect(args).toEqual([
    '--diffusion-model',
    '/m/q.gguf',
    '--vae',
    '/m/vae.safetensors',
    '--llm',
    '/m/te.gguf',
    '--llm_vision',
    '/m/mmproj.gguf',
    '-p',
    'remove the hat',
    '-r',
    '/r.png',
    '--mask',
    '/k.png',
    '--cfg-scale',
    '2.5',
    '--steps',
    '20',
    '-W',
    '1024',
    '-H',
    '1024',
    '-o',
    '/o.webp',
    '--sampling-method',
    'euler',
    '--flow-shift',
    '3',
    '--model-args',
    'qwen_image_zero_cond_t=true',
    '--offload-to-cpu',
    '--mmap',
    '--max-vram',
    '6.5',
    '--diffusion-fa',
  ]);
});

test('what neither task nor model says has a value of its own', () => {
  const args = setup({ task: { width: 0, height: 0, steps: 0, cfgScale: -1, negativePrompt: '' }, images: {} });
  expect(args).toEqual([
    '--diffusion-model',
    '/m/q.gguf',
    '-p',
    'a fox',
    '--cfg-scale',
    '1',
    '--steps',
    '8',
    '-W',
    '1024',
    '-H',
    '1024',
    '-o',
    '/o.webp',
    '--diffusion-fa',
  ]);
});

test('a task without steps takes those of its model but keeps its size', () => {
  const args = setup({ defaults: { steps: 9, width: 1024, height: 1024 } });
  expect(valueOf(args, '--steps')).toBe('9');
  expect(valueOf(args, '-W')).toBe('512');
});

test('an init image without a strength is painted over by three quarters', () => {
  expect(valueOf(setup({ images: { init: '/i.png' } }), '--strength')).toBe('0.75');
});

test('the largest seed reaches the command line digit by digit', () => {
  expect(valueOf(setup({ task: { seed: 18_446_744_073_709_551_615n } }), '--seed')).toBe('18446744073709551615');
});

test('a whole model goes by its own flag, and none at all is rejected', () => {
  expect(setup({ files: new Map([['model', '/m/sd.gguf']]) }).slice(0, 2)).toEqual(['--model', '/m/sd.gguf']);
  const refused = (): unknown => setup({ files: new Map([['vae', '/m/vae.gguf']]) });
  expect(refused).toThrow('modelSource has no diffusion-model / model file');
  expect(refused).toThrow(WorkerError);
});

test('numbers are printed as 32-bit floats without an exponent', () => {
  const printed = [3, 6.5, 0.1, 0.3, 1e-7, 16_777_217, 1e21, -2.5e-9, 0].map(float32Text);
  expect(printed).toEqual([
    '3',
    '6.5',
    '0.1',
    '0.3',
    '0.0000001',
    '16777216',
    '1000000000000000000000',
    '-0.0000000025',
    '0',
  ]);
});

test('every 32-bit float reads back as itself', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (float) => {
      const text = float32Text(float);
      expect(text).toMatch(/^-?\d+(\.\d+)?$/);
      expect(Math.fround(Number(text))).toBe(float === 0 ? 0 : float);
    }),
  );
});
