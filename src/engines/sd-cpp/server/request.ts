import type { JsonObject } from '../../../base/json.ts';
import type { CliDefaults } from '../../../contract/model-source.ts';
import type { TaskOf } from '../../../contract/tasks/index.ts';
import { strengthOf } from '../cli/arguments.ts';
import { float32Text } from '../cli/decimal.ts';
import { outputExt, type PictureUse } from '../pictures.ts';
import { samplerError } from '../cli/failures.ts';
import type { Capabilities } from './server-api.ts';
import { settingsOf } from '../cli/settings.ts';

export interface Asked {
  readonly task: TaskOf<'image'>;
  readonly defaults: CliDefaults;
  readonly uses: readonly PictureUse[];
  readonly lean?: boolean;
}

/** What sd-server calls the formats that sd-cli writes. */
const FORMATS: Readonly<Record<string, string>> = { png: 'png', jpg: 'jpeg', webp: 'webp' };
/** What it calls the pictures of a task, as features it may have and as fields of a request. */
const PICTURES: Readonly<Record<PictureUse, string>> = { init: 'init_image', mask: 'mask_image', ref: 'ref_images' };
/** It takes no more, where sd-cli does. */
const MOST_STEPS = 100;

/**
 * Why sd-server cannot do this job as sd-cli would; undefined when it can.
 *
 * @throws WorkerError `task.sampler-unknown`: it would take another sampler without a word
 */
export function notServed({ task, defaults, uses }: Asked, can: Capabilities): string | undefined {
  const sampler = task.samplingMethod ?? defaults.samplingMethod;
  if (sampler !== undefined && sampler !== '' && !can.samplers.has(sampler)) {
    throw samplerError(`sd-server has no sample method ${sampler}`);
  }
  const ext = outputExt(task.ext);
  if (!can.formats.has(FORMATS[ext] ?? '')) return `it writes no ${ext}`;
  const missing = uses.find((use) => !can.features.has(PICTURES[use]));
  if (missing !== undefined) return `it takes no ${PICTURES[missing]}`;
  if (settingsOf(task, defaults).steps > MOST_STEPS) return `it takes no more than ${MOST_STEPS} steps`;
  return (task.seed ?? 0n) > BigInt(Number.MAX_SAFE_INTEGER) ? 'the seed has more digits than JSON keeps' : undefined;
}

/** The job as sd-server reads it: what `argumentsFor` says to sd-cli. */
export function requestFor(asked: Asked, pictures: ReadonlyMap<PictureUse, Uint8Array>): JsonObject {
  const { task, defaults, lean } = asked;
  const { cfgScale, steps, width, height } = settingsOf(task, defaults);
  const sampler = task.samplingMethod ?? defaults.samplingMethod ?? '';
  return {
    prompt: task.prompt,
    ...((task.negativePrompt ?? '') !== '' && { negative_prompt: task.negativePrompt ?? '' }),
    width,
    height,
    ...(task.seed !== undefined && { seed: Number(task.seed) }),
    ...pictureFields(task, pictures),
    sample_params: {
      sample_steps: steps,
      guidance: { txt_cfg: float32(cfgScale) },
      ...(sampler !== '' && { sample_method: sampler }),
      ...(defaults.flowShift !== undefined && { flow_shift: float32(defaults.flowShift) }),
    },
    ...(lean === true && { vae_tiling_params: { enabled: true } }),
    output_format: FORMATS[outputExt(task.ext)] ?? 'png',
  };
}

function pictureFields(task: TaskOf<'image'>, pictures: ReadonlyMap<PictureUse, Uint8Array>): JsonObject {
  const { init, mask, ref } = Object.fromEntries([...pictures].map(([use, bytes]) => [use, bytes.toBase64()]));
  return {
    ...(init !== undefined && { [PICTURES.init]: init, strength: float32(strengthOf(task)) }),
    ...(ref !== undefined && { [PICTURES.ref]: [ref] }),
    ...(mask !== undefined && { [PICTURES.mask]: mask }),
  };
}

/** The number that sd-cli would read from its command line. */
const float32 = (value: number): number => Number(float32Text(value));
