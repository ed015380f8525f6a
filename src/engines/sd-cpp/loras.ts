import { WorkerError } from '../../base/errors.ts';
import type { ModelFiles } from '../engine.ts';
import { float32Text } from './cli/float32.ts';

/** The LoRA files of a model: small changes to its weights, applied to each job. */
export interface Loras {
  /** stable-diffusion.cpp looks in one folder only. */
  readonly folder: string;
  /** Names in that folder, in the order of the model source. */
  readonly names: readonly string[];
  /** As a 32-bit float is printed; the same for each. */
  readonly weight: string;
}

const READABLE = /\.(?:safetensors|ckpt|gguf)$/i;

/**
 * Studio contract, LoRA files: those of other formats are left out. Undefined when none is left.
 *
 * @throws WorkerError `model.unusable` when they lie in several folders
 */
export function lorasOf({ loras, defaults }: Pick<ModelFiles, 'loras' | 'defaults'>): Loras | undefined {
  const places = loras.filter((path) => READABLE.test(path)).map(placeOf);
  const [first] = places;
  if (first === undefined) return undefined;
  if (places.some(({ folder }) => folder !== first.folder)) {
    throw new WorkerError('model.unusable', 'the LoRA files of the model lie in several folders', {
      hint: 'Move them into the folder of the model, or remove them so that they are downloaded into it.',
    });
  }
  const weight = float32Text(defaults.loraWeight ?? 1);
  return { folder: first.folder, names: places.map(({ name }) => name), weight };
}

/** The prompt with a tag for each file, as sd-cli reads them; sd-server takes none in a prompt. */
export const taggedPrompt = (prompt: string, loras: Loras | undefined): string =>
  [prompt, ...(loras?.names ?? []).map((name) => `<lora:${name.replace(READABLE, '')}:${loras?.weight}>`)].join(' ');

function placeOf(path: string): { readonly folder: string; readonly name: string } {
  const cut = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return { folder: path.slice(0, cut), name: path.slice(cut + 1) };
}
