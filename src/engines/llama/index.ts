import { WorkerError } from '../../base/errors.ts';
import type { ModelId } from '../../base/ids.ts';
import { MINUTE_MS } from '../../base/units.ts';
import { ENGINES, VISION_PROJECTOR } from '../../contract/model-source.ts';
import type { Files } from '../../system/disk/files.ts';
import type { Engine, LoadedModel, ModelFiles } from '../engine.ts';
import type { EngineHost } from '../host/host.ts';
import { loadHosted } from '../host/loaded.ts';
import { localModels } from '../local-models.ts';
import { type ChatFileOptions, readChatImageFiles } from '../media/chat-images.ts';
import type { LoadOptions } from '../load-options.ts';
import { ggufOf, noChatTemplate } from '../model-file.ts';
import { notReady, type Readiness, type Where } from '../readiness.ts';
import type { Devices } from './devices.ts';
import { assertKind } from '../failures.ts';
import { visionLoadError } from './vision/load-error.ts';

export interface LlamaEngineOptions {
  readonly host: EngineHost;
  /** Whether this build brings the native runtime. */
  readonly hasRuntime: () => Promise<boolean>;
  readonly devices: Devices;
  /** The library for models that read images, which is another one. */
  readonly vision: {
    /** Whether this build brings it. */
    readonly hasRuntime: () => Promise<boolean>;
    readonly devices: Devices;
    /** Reads the images that a task names. */
    readonly chatImages: ChatFileOptions;
  };
  readonly files: Pick<Files, 'list' | 'stat'>;
  /** Whether the header of a GGUF says how it is asked, which that of a base model does not; undefined where it is unreadable. */
  readonly hasPromptFormat: (path: string) => Promise<boolean | undefined>;
  /** Where models are kept; the operator's own are in its folder `llm`. */
  readonly modelsRoot: string;
}

const ANY = 'llama-cpp:*';
/** Vision projectors are GGUF files too, but no models; those who publish them put llama.cpp's word into the name. */
const PROJECTOR_NAME = /mmproj/i;
const { folder: FOLDER } = ENGINES['llama-cpp'];

/** Reading sixteen images on a CPU takes long, and the library reports nothing meanwhile; nor does it while it loads. */
const SEEING_STALL_MS = 30 * MINUTE_MS;

/** Chat completions by GGUF models, through llama.cpp. */
export function createLlamaEngine(options: LlamaEngineOptions): Engine {
  const { hasRuntime, devices, vision, files, modelsRoot } = options;
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
      return readinessOf(await hasRuntime(), where);
    },
    load: async (modelFiles, signal, how) => {
      signal.throwIfAborted();
      if ((await options.hasPromptFormat(ggufOf(modelFiles))) === false) throw noChatTemplate();
      const load = modelFiles.paths.has(VISION_PROJECTOR) && (await vision.hasRuntime()) ? loadVision : loadReading;
      return await load(modelFiles, { ...options, signal, how });
    },
  };
}

interface Loading extends LlamaEngineOptions {
  readonly signal: AbortSignal;
  readonly how: LoadOptions;
}

/** A model that reads text. Its projector, should it have one, is of no use. */
async function loadReading(files: ModelFiles, { host, devices, signal, how }: Loading): Promise<LoadedModel> {
  const binariesFolder = await devices.prepare(signal, how);
  const paths = new Map([...files.paths].filter(([role]) => role !== VISION_PROJECTOR));
  const request = {
    engine: 'llama-cpp',
    files: { ...files, paths },
    device: how.device,
    how: { lean: how.lean, binariesFolder },
  } as const;
  return await loadHosted(host, request, signal, async (model, task, context) => {
    assertKind(task, 'llm', 'llama-cpp');
    if (task.images?.length) throw noVision(files.model);
    return await model.run(task, new Map(), context);
  });
}

/** A model that reads images too. */
async function loadVision(files: ModelFiles, { host, vision, signal, how }: Loading): Promise<LoadedModel> {
  const binariesFolder = await vision.devices.prepare(signal, how);
  const where = await vision.devices.where(); // what could not be fetched counts
  const request = {
    engine: 'llama-cpp',
    files,
    device: how.device,
    how: { lean: how.lean, binariesFolder },
    where,
    stallMs: SEEING_STALL_MS,
  } as const;
  const loading = loadHosted(host, request, signal, async (model, task, context) => {
    assertKind(task, 'llm', 'llama-cpp');
    const images = await readChatImageFiles(task.images ?? [], vision.chatImages, context.signal);
    const inputs = new Map(images.map((image, at) => [`images.${at}`, image]));
    return await model.run({ ...task, images: [] }, inputs, context);
  });
  return await loading.catch((thrown: unknown) => {
    throw visionLoadError(thrown);
  });
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
