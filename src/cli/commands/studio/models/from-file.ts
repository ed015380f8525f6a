import { WorkerError } from '../../../../base/errors.ts';
import { GIB } from '../../../../base/units.ts';
import type { World } from '../../../world.ts';
import type { InspectedModel } from '../../../../models/given/inspect.ts';

/** Whether the argument names a model itself rather than a description of one. */
export const isModelFile = (argument: string): boolean =>
  /^https?:\/\//i.test(argument) || /\.(?:gguf|ggml|bin|safetensors|onnx)$/i.test(argument);

/** Beside its weights a model takes memory for what it works on. */
const OVERHEAD = 1.2;

/** A model by the file that it is: the description of it, and where its file lies for the worker of this machine. */
export interface ModelFromFile {
  readonly base: Readonly<Record<string, unknown>>;
  /** Puts a file of this machine where its worker looks for it; undefined for one at a URL. */
  readonly adopt: (() => Promise<string>) | undefined;
}

/**
 * Describes a model by the header of its file.
 *
 * @param id the operator's choice; the file's name without its ending when left out
 * @throws WorkerError `cli.usage` | `url.refused` | `download.failed`
 */
export async function modelFromFile(
  argument: string,
  { id: chosen, vram, configPath }: { readonly id?: string; readonly vram?: string; readonly configPath?: string },
  world: Pick<World, 'modelFiles'>,
): Promise<ModelFromFile> {
  const files = await world.modelFiles(configPath);
  const found = await files.inspect(argument);
  const id = chosen ?? found.filename.replace(/\.[^.]*$/, '');
  const isUrl = /^https?:\/\//i.test(argument);
  if (found.sizeBytes === undefined && vram === undefined) {
    throw new WorkerError('cli.usage', 'the server does not tell how large the file is', {
      hint: 'Say how much memory the model takes, in GiB, with `--vram`.',
    });
  }
  const { engine, kind } = found;
  const base = {
    id,
    kind,
    vramGbEstimate: estimateGb(found),
    source: { engine, files: isUrl ? [fileAt(argument, found)] : [], cliDefaults: NO_DEFAULTS },
  };
  return { base, adopt: isUrl ? undefined : () => files.adopt(argument, { id, engine }) };
}

const NO_DEFAULTS = { cfgScale: 0, steps: 0, width: 0, height: 0 };

const estimateGb = ({ sizeBytes = 0 }: InspectedModel): number => Math.ceil((sizeBytes / GIB) * OVERHEAD * 10) / 10;

const fileAt = (url: string, { filename, sizeBytes }: InspectedModel) => ({
  role: 'model',
  url,
  filename,
  ...(sizeBytes === undefined ? {} : { approxBytes: sizeBytes }),
});
