import { WorkerError } from '../../base/errors.ts';
import type { ModelId } from '../../base/ids.ts';
import { ENGINES } from '../../contract/model-source.ts';
import type { Files } from '../../system/disk/files.ts';
import type { Engine } from '../engine.ts';
import type { EngineHost } from '../host/host.ts';
import { loadHosted } from '../host/loaded.ts';
import { localModels } from '../local-models.ts';
import { notReady, type Readiness, type Where } from '../readiness.ts';
import type { Devices } from './devices.ts';
import { ggufOf } from './inside.ts';
import { assertKind } from '../failures.ts';

export interface LlamaEngineOptions {
  readonly host: EngineHost;
  /** Whether this build brings the native runtime. */
  readonly hasRuntime: () => boolean;
  readonly devices: Devices;
  readonly files: Pick<Files, 'list'>;
  /** Where models are kept; the operator's own are in its folder `llm`. */
  readonly modelsRoot: string;
}

const ANY = 'llama-cpp:*';
/** Vision projectors are GGUF files too, but no models; those who publish them put llama.cpp's word into the name. */
const PROJECTOR_NAME = /mmproj/i;
const { folder: FOLDER } = ENGINES['llama-cpp'];

/** Chat completions by GGUF models, through llama.cpp. */
export function createLlamaEngine({ host, hasRuntime, devices, files, modelsRoot }: LlamaEngineOptions): Engine {
  let local: readonly string[] = [];
  let where: Where | undefined;
  return {
    id: 'llama-cpp',
    get models() {
      return { llm: [...local, ANY] };
    },
    get memory() {
      return where === undefined || where.on === 'cpu' ? 'none' : 'gpu';
    },
    canRunLean: true,
    readiness: async () => {
      const names = await localModels(files, `${modelsRoot}/${FOLDER.name}`, FOLDER.ending);
      local = names.filter((name) => !PROJECTOR_NAME.test(name));
      where = await devices.where();
      return readinessOf(hasRuntime(), where);
    },
    load: async (modelFiles, signal, how) => {
      signal.throwIfAborted();
      ggufOf(modelFiles);
      const binariesFolder = await devices.prepare(signal, how);
      const request = { engine: 'llama-cpp', files: modelFiles, how: { lean: how.lean, binariesFolder } } as const;
      return await loadHosted(host, request, signal, async (model, task, context) => {
        assertKind(task, 'llm', 'llama-cpp');
        if (task.images?.length) throw noVision(modelFiles.model);
        return await model.run(task, new Map(), context);
      });
    },
  };
}

/** Rather than an answer about images that the model never saw. */
const noVision = (model: ModelId): WorkerError =>
  new WorkerError(
    'task.images-unsupported',
    `model \`${model}\` reads no images: the llama.cpp of this worker has no vision part`,
    { hint: 'Create the job without images, or offer it to another worker.' },
  );

const readinessOf = (hasRuntime: boolean, where: Where | undefined): Readiness =>
  hasRuntime
    ? { ready: true, where }
    : notReady({
        because: 'llama.cpp has no files for this system in this build',
        hint: 'Run `bun install` in a checkout, or use a release.',
      });
