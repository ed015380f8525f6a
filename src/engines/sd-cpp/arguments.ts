import { WorkerError } from '../../base/errors.ts';
import type { CliDefaults, FileRole } from '../../contract/model-source.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import { float32Text } from './decimal.ts';
import type { PicturePaths } from './pictures.ts';

export interface Wanted {
  readonly task: TaskOf<'image'>;
  readonly files: ReadonlyMap<FileRole, string>;
  readonly defaults: CliDefaults;
  /** The pictures that the task names, on this disk. */
  readonly pictures: PicturePaths;
  /** Where the result goes. */
  readonly output: string;
}

/** A task cannot say "none": it has this many steps when it says nothing, and then the model's own count is meant. */
const UNSAID_STEPS = 20;
/** What counts when neither the task nor the model says (studio contract, sd-cli arguments). */
const CFG_SCALE = 1;
const STEPS = 8;
const SIDE_PX = 1024;
const STRENGTH = 0.75;

/**
 * The arguments of sd-cli, in the order of the studio contract.
 *
 * @throws WorkerError `model.role-missing`
 */
export function argumentsFor(wanted: Wanted): readonly string[] {
  const { task, defaults, output } = wanted;
  const steps = task.steps === UNSAID_STEPS ? 0 : task.steps;
  return [
    ...fileArguments(wanted.files),
    '-p',
    task.prompt,
    ...given('--negative-prompt', task.negativePrompt),
    ...pictureArguments(wanted),
    '--cfg-scale',
    float32Text(firstPositive(task.cfgScale, defaults.cfgScale, CFG_SCALE)),
    '--steps',
    String(firstPositive(steps, defaults.steps, STEPS)),
    '-W',
    String(firstPositive(task.width, defaults.width, SIDE_PX)),
    '-H',
    String(firstPositive(task.height, defaults.height, SIDE_PX)),
    '-o',
    output,
    ...given('--seed', task.seed),
    ...given('--sampling-method', task.samplingMethod ?? defaults.samplingMethod),
    ...given('--flow-shift', decimal(defaults.flowShift)),
    ...when(defaults.zeroCondT, '--model-args', 'qwen_image_zero_cond_t=true'),
    ...when(defaults.offloadToCpu, '--offload-to-cpu'),
    ...when(defaults.mmap, '--mmap'),
    ...given('--max-vram', decimal(defaults.maxVramGib)),
    '--diffusion-fa',
  ];
}

/** LoRA files have no argument: sd-cli takes a folder of them and words in the prompt, which no task has. */
function fileArguments(files: ReadonlyMap<FileRole, string>): readonly string[] {
  const diffusion = files.get('diffusion-model');
  const model = files.get('model');
  if (diffusion === undefined && model === undefined) {
    throw new WorkerError('model.role-missing', 'modelSource has no diffusion-model / model file', {
      hint: 'Add a file with the role `diffusion-model` to the model source.',
    });
  }
  return [
    ...(diffusion === undefined ? given('--model', model) : ['--diffusion-model', diffusion]),
    ...given('--vae', files.get('vae')),
    ...given('--llm', files.get('text-encoder')),
    ...given('--llm_vision', files.get('text-encoder-vision')),
  ];
}

/** A reference picture is an instruction edit, which starts from noise: an init image has no place in it. */
function pictureArguments({ task, pictures }: Wanted): readonly string[] {
  const { init, mask, ref } = pictures;
  if (ref !== undefined) return ['-r', ref, ...given('--mask', mask)];
  if (init === undefined) return [];
  return ['--init-img', init, '--strength', float32Text(task.denoise ?? STRENGTH), ...given('--mask', mask)];
}

const firstPositive = (task: number | undefined, source: number, otherwise: number): number => {
  if (task !== undefined && task > 0) return task;
  return source > 0 ? source : otherwise;
};

const decimal = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : float32Text(value);

const given = (flag: string, value: string | bigint | undefined): readonly string[] =>
  value === undefined || value === '' ? [] : [flag, String(value)];

const when = (set: boolean | undefined, ...words: readonly string[]): readonly string[] => (set === true ? words : []);
