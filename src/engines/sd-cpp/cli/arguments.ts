import { WorkerError } from '../../../base/errors.ts';
import type { CliDefaults, FileRole } from '../../../contract/model-source.ts';
import type { TaskOf } from '../../../contract/tasks/index.ts';
import { float32Text } from './float32.ts';
import type { ImagePaths } from '../input-images.ts';
import { type Loras, taggedPrompt } from '../loras.ts';
import { sdCliSettingsOf, type Settings } from './settings.ts';

/** How a model is loaded: its files, its source's defaults, and whether it has to get by with little memory. */
export interface ModelSettings {
  readonly files: ReadonlyMap<FileRole, string>;
  readonly loras?: Loras | undefined;
  readonly defaults: CliDefaults;
  /** After it ran out of GPU memory: weights wait in main memory, and the image is decoded in tiles. */
  readonly lean?: boolean;
}

/** One image by sd-cli. */
export interface ImageRun extends ModelSettings {
  readonly task: TaskOf<'image'>;
  /** The images that the task names, on this disk. */
  readonly images: ImagePaths;
  /** Where the result goes. */
  readonly output: string;
}

/** One video by sd-cli. */
export interface VideoRun extends ModelSettings {
  readonly task: TaskOf<'video'>;
  readonly images: ImagePaths;
  readonly output: string;
  readonly frames: number;
  readonly fps: number;
}

/**
 * The arguments of sd-cli, in the order of the studio contract.
 *
 * @throws WorkerError `model.role-missing`
 */
export function imageArgumentsFor(run: ImageRun): readonly string[] {
  const { task, defaults, output } = run;
  return [
    ...fileArguments(run),
    '-p',
    taggedPrompt(task.prompt, run.loras),
    ...given('--negative-prompt', task.negativePrompt),
    ...inputImageArguments(run),
    ...settingArguments(sdCliSettingsOf(task, defaults)),
    '-o',
    output,
    ...given('--seed', task.seed),
    ...given('--sampling-method', task.samplingMethod ?? defaults.samplingMethod),
    ...given('--flow-shift', decimal(defaults.flowShift)),
    ...loadArguments(run),
    ...when(run.lean, '--vae-tiling'),
  ];
}

/**
 * The arguments of sd-cli for a video; the format goes by the extension of the output.
 *
 * @throws WorkerError `model.role-missing`
 */
export function videoArgumentsFor(run: VideoRun): readonly string[] {
  const { task, defaults, output, images } = run;
  return [
    '-M',
    'vid_gen',
    ...fileArguments(run),
    '-p',
    taggedPrompt(task.prompt, run.loras),
    ...given('--negative-prompt', task.negativePrompt),
    ...given('--init-img', images.init),
    ...settingArguments(sdCliSettingsOf(task, defaults)),
    '--video-frames',
    String(run.frames),
    '--fps',
    String(run.fps),
    '-o',
    output,
    ...given('--sampling-method', defaults.samplingMethod),
    ...given('--flow-shift', decimal(defaults.flowShift)),
    ...loadArguments(run),
    ...when(run.lean, '--vae-tiling'),
  ];
}

/** The arguments of sd-server: the model and how it is loaded; everything else comes with each job. */
export const serverArgumentsFor = (model: ModelSettings, port: number): readonly string[] => [
  '--listen-ip',
  '127.0.0.1',
  '--listen-port',
  String(port),
  ...fileArguments(model),
  ...loadArguments(model),
];

/** @throws WorkerError `model.role-missing` for files that no image can be generated with */
export function assertModel(files: ReadonlyMap<FileRole, string>): void {
  if (files.has('diffusion-model') || files.has('model')) return;
  throw new WorkerError('model.role-missing', 'modelSource has no diffusion-model / model file', {
    hint: 'Add a file with the role `diffusion-model` to the model source.',
  });
}

function fileArguments({ files, loras }: ModelSettings): readonly string[] {
  assertModel(files);
  const diffusion = files.get('diffusion-model');
  const model = files.get('model');
  return [
    ...(diffusion === undefined ? given('--model', model) : ['--diffusion-model', diffusion]),
    ...given('--high-noise-diffusion-model', files.get('high-noise-diffusion-model')),
    ...given('--vae', files.get('vae')),
    ...given('--llm', files.get('text-encoder')),
    ...given('--llm_vision', files.get('text-encoder-vision')),
    ...given('--t5xxl', files.get('t5xxl')),
    ...given('--clip_vision', files.get('clip-vision')),
    ...given('--lora-model-dir', loras?.folder),
  ];
}

/** A reference image is an instruction edit, which starts from noise: an init image has no place in it. */
function inputImageArguments({ task, images }: ImageRun): readonly string[] {
  const { init, mask, ref } = images;
  if (ref !== undefined) return ['-r', ref, ...given('--mask', mask)];
  if (init === undefined) return [];
  return ['--init-img', init, '--strength', float32Text(strengthOf(task)), ...given('--mask', mask)];
}

/** How much of an init image may change, when the task does not set it (studio contract, sd-cli arguments). */
const STRENGTH = 0.75;
export const strengthOf = ({ denoise }: TaskOf<'image'>): number => denoise ?? STRENGTH;

const settingArguments = ({ cfgScale, steps, width, height }: Settings): readonly string[] => [
  '--cfg-scale',
  float32Text(cfgScale),
  '--steps',
  String(steps),
  '-W',
  String(width),
  '-H',
  String(height),
];

const loadArguments = ({ defaults, lean }: ModelSettings): readonly string[] => [
  ...when(defaults.zeroCondT, '--model-args', 'qwen_image_zero_cond_t=true'),
  ...when(defaults.offloadToCpu === true || lean === true, '--offload-to-cpu'),
  ...when(defaults.mmap, '--mmap'),
  ...given('--max-vram', decimal(defaults.maxVramGib)),
  '--diffusion-fa',
];

const decimal = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : float32Text(value);

const given = (flag: string, value: string | bigint | undefined): readonly string[] =>
  value === undefined || value === '' ? [] : [flag, String(value)];

const when = (set: boolean | undefined, ...args: readonly string[]): readonly string[] => (set === true ? args : []);
