import type { JsonObject } from '../../../base/json.ts';
import type { CliDefaults } from '../../../contract/model-source.ts';
import type { TaskOf } from '../../../contract/tasks/index.ts';
import { strengthOf } from '../cli/arguments.ts';
import { float32Text } from '../cli/float32.ts';
import { outputExt, type ImageUse } from '../input-images.ts';
import type { Loras } from '../loras.ts';
import { samplerError } from '../cli/failures.ts';
import type { ServerCapabilities } from './messages.ts';
import { sdCliSettingsOf } from '../cli/settings.ts';

/** An image as a task asks for it, and what the model is loaded with. */
export interface ImageJob {
  readonly task: TaskOf<'image'>;
  readonly defaults: CliDefaults;
  readonly loras?: Loras | undefined;
  readonly uses: readonly ImageUse[];
  readonly lean?: boolean;
}

/** What sd-server calls the formats that sd-cli writes. */
const FORMATS: Readonly<Record<string, string>> = { png: 'png', jpg: 'jpeg', webp: 'webp' };
/** What it calls the images of a task, as features it may have and as fields of a request. */
const INPUT_FIELDS: Readonly<Record<ImageUse, string>> = { init: 'init_image', mask: 'mask_image', ref: 'ref_images' };
/** It takes no more, where sd-cli does. */
const MAX_STEPS = 100;

/**
 * Why sd-server cannot do this job as sd-cli would; undefined when it can.
 *
 * @throws WorkerError `task.sampler-unknown`: it would silently take another sampler
 */
export function whyNotServed({ task, defaults, loras, uses }: ImageJob, can: ServerCapabilities): string | undefined {
  const sampler = task.samplingMethod ?? defaults.samplingMethod;
  if (sampler !== undefined && sampler !== '' && !can.samplers.has(sampler)) {
    throw samplerError(`sd-server has no sample method ${sampler}`);
  }
  const ext = outputExt(task.ext);
  if (!can.formats.has(FORMATS[ext] ?? '')) return `it writes no ${ext}`;
  const missing = uses.find((use) => !can.features.has(INPUT_FIELDS[use]));
  if (missing !== undefined) return `it takes no ${INPUT_FIELDS[missing]}`;
  const unknown = loras?.names.find((name) => !can.loras.has(name));
  if (unknown !== undefined) return `it does not list the LoRA ${unknown}`;
  if (sdCliSettingsOf(task, defaults).steps > MAX_STEPS) return `it takes no more than ${MAX_STEPS} steps`;
  return (task.seed ?? 0n) > BigInt(Number.MAX_SAFE_INTEGER) ? 'the seed has more digits than JSON keeps' : undefined;
}

/** The job as sd-server reads it: the same as `imageArgumentsFor` gives to sd-cli. */
export function requestFor(job: ImageJob, inputs: ReadonlyMap<ImageUse, Uint8Array>): JsonObject {
  const { task, defaults, loras, lean } = job;
  const { cfgScale, steps, width, height } = sdCliSettingsOf(task, defaults);
  const sampler = task.samplingMethod ?? defaults.samplingMethod ?? '';
  return {
    prompt: task.prompt,
    ...((task.negativePrompt ?? '') !== '' && { negative_prompt: task.negativePrompt ?? '' }),
    width,
    height,
    ...(task.seed !== undefined && { seed: Number(task.seed) }),
    ...imageFields(task, inputs),
    sample_params: {
      sample_steps: steps,
      guidance: { txt_cfg: float32(cfgScale) },
      ...(sampler !== '' && { sample_method: sampler }),
      ...(defaults.flowShift !== undefined && { flow_shift: float32(defaults.flowShift) }),
    },
    ...(loras !== undefined && {
      lora: loras.names.map((path) => ({ path, multiplier: Number(loras.weight) })),
    }),
    ...(lean === true && { vae_tiling_params: { enabled: true } }),
    output_format: FORMATS[outputExt(task.ext)] ?? 'png',
  };
}

function imageFields(task: TaskOf<'image'>, inputs: ReadonlyMap<ImageUse, Uint8Array>): JsonObject {
  const { init, mask, ref } = Object.fromEntries([...inputs].map(([use, bytes]) => [use, bytes.toBase64()]));
  return {
    ...(init !== undefined && { [INPUT_FIELDS.init]: init, strength: float32(strengthOf(task)) }),
    ...(ref !== undefined && { [INPUT_FIELDS.ref]: [ref] }),
    ...(mask !== undefined && { [INPUT_FIELDS.mask]: mask }),
  };
}

/** The number that sd-cli would read from its command line. */
const float32 = (value: number): number => Number(float32Text(value));
