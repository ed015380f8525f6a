import * as v from 'valibot';
import { shownUrl } from '../base/urls.ts';
import { absentable, Decimal, U32, U64 } from './numbers.ts';

/**
 * What a file is for. Only the first file of a role counts, but of `lora` each one. From `config` on they are our
 * extension: the settings that come with a voice, the model that tells speech from silence, and the further parts that
 * diffusion models for video have, called as stable-diffusion.cpp calls them.
 */
export const FILE_ROLES = [
  'diffusion-model',
  'text-encoder',
  'text-encoder-vision',
  'vae',
  'lora',
  'model',
  'labels',
  'config',
  'vad',
  'high-noise-diffusion-model',
  't5xxl',
  'clip-vision',
] as const;
export type FileRole = (typeof FILE_ROLES)[number];

/** The role of the file by which a chat model reads images; llama.cpp calls it `mmproj`. */
export const VISION_PROJECTOR = 'text-encoder-vision' satisfies FileRole;

/** What is known of an engine by its name alone, whether or not a worker has it. */
export interface EngineFacts {
  /** What the contract calls it in messages. */
  readonly inMessages: string;
  /** Whether its name is our extension, which only a studio that knows it offers. */
  readonly isExtension: boolean;
  /** Whether a studio takes every worker to have it; where it cannot run, it serves no kind of task. */
  readonly isTakenAsPresent: boolean;
  /** False for one that takes its tasks without any model file, whatever a source names. */
  readonly readsFiles: boolean;
  /** What the files of a source must include: one of these roles, or one whose name ends so. */
  readonly needs: { readonly roles: readonly FileRole[] } | { readonly ending: string } | undefined;
  /**
   * Its folder below the models root. A model whose source names no file is the operator's: a file here, called as the
   * model with this ending. `isShared`: files of sources are fetched to it as well.
   */
  readonly folder: { readonly name: string; readonly ending: string; readonly isShared: boolean } | undefined;
}

const CONTRACT = {
  isExtension: false,
  isTakenAsPresent: false,
  readsFiles: true,
  needs: undefined,
  folder: undefined,
} as const;
const EXTENSION = { ...CONTRACT, isExtension: true } as const;
const MODEL = { roles: ['model'] } as const;

/** Every engine of the wire, by its name there, in the order in which capabilities name them. */
export const ENGINES = {
  'sd-cpp': { ...CONTRACT, inMessages: 'sdcpp', needs: { roles: ['diffusion-model', 'model'] } },
  'llama-cpp': {
    ...CONTRACT,
    inMessages: 'llama',
    needs: { ending: '.gguf' },
    folder: { name: 'llm', ending: '.gguf', isShared: true },
  },
  onnx: { ...CONTRACT, inMessages: 'onnx', needs: MODEL },
  parakeet: { ...CONTRACT, inMessages: 'parakeet' },
  'onnx-vision': { ...CONTRACT, inMessages: 'onnx-vision' },
  torch: { ...CONTRACT, inMessages: 'torch', isTakenAsPresent: true },
  synthetic: { ...CONTRACT, inMessages: 'synthetic', readsFiles: false },
  'whisper-cpp': {
    ...EXTENSION,
    inMessages: 'whisper',
    needs: MODEL,
    folder: { name: 'stt', ending: '.bin', isShared: false },
  },
  piper: { ...EXTENSION, inMessages: 'piper', needs: MODEL },
  gradio: { ...EXTENSION, inMessages: 'gradio' },
} as const satisfies Readonly<Record<string, EngineFacts>>;

/** One of the wire's engine names; not every worker has an engine for each. */
export type EngineName = keyof typeof ENGINES;
const isEngineName = (name: string): name is EngineName => Object.hasOwn(ENGINES, name);
export const ENGINE_NAMES: readonly EngineName[] = Object.keys(ENGINES).filter(isEngineName);

/** What is known of an engine. */
export const engineFacts = (engine: EngineName): EngineFacts => ENGINES[engine];

export const ModelFileSchema = v.object({
  role: v.picklist(FILE_ROLES),
  url: v.string(),
  filename: v.string(),
  /** Bytes, for the disk check; not exact unless the engine says so. */
  approxBytes: absentable(U64),
  sha256: absentable(v.string()),
});

/** What the torch engine makes meshes by (studio contract). */
export const TORCH_PIPELINES = ['pixal3d', 'trellis2', 'hunyuan3d'] as const;

/** Defaults of the model. The four sizes are required even where they mean nothing; 0 means "no default". */
export const CliDefaultsSchema = v.object({
  cfgScale: Decimal,
  steps: U32,
  width: U32,
  height: U32,
  samplingMethod: absentable(v.string()),
  flowShift: absentable(Decimal),
  zeroCondT: absentable(v.boolean()),
  offloadToCpu: absentable(v.boolean()),
  contextSize: absentable(U32),
  chatTemplateKwargs: absentable(v.record(v.string(), v.unknown())),
  mmap: absentable(v.boolean()),
  maxVramGib: absentable(Decimal),
  /** Weight of every LoRA file; 1 when it is left out. */
  loraWeight: absentable(Decimal),
  vision: absentable(v.record(v.string(), v.unknown())),
  /** Of the torch engine, as are the four below it. */
  pipeline: absentable(v.string()),
  resolution: absentable(U32),
  lowVram: absentable(v.boolean()),
  decimationTarget: absentable(U32),
  textureSize: absentable(U32),
  /** Our extension: what a diffusion model makes, as stable-diffusion.cpp calls it. Images when it is left out. */
  mode: absentable(v.picklist(['img_gen', 'vid_gen'])),
});

/** The studio's recipe for a model: which engine, which files, which defaults. */
export const ModelSourceSchema = v.object({
  engine: v.picklist(ENGINE_NAMES),
  files: v.array(ModelFileSchema),
  cliDefaults: CliDefaultsSchema,
});

export type ModelFile = v.InferOutput<typeof ModelFileSchema>;
export type CliDefaults = v.InferOutput<typeof CliDefaultsSchema>;
/** The recipe, once read. */
export type ModelSource = v.InferOutput<typeof ModelSourceSchema>;

/** A recipe as it may be kept and shown: what its URLs carry beside their place may be a secret. */
export const shownSource = (source: ModelSource): ModelSource => ({
  ...source,
  files: source.files.map((file) => Object.assign({ ...file }, { url: shownUrl(file.url) })),
});

/** The engine alone of a model source that a studio keeps. */
export const SourceEngineSchema = v.object({ engine: v.string() });
