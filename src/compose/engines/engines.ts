import manifest from '../../../dist-manifest.json';
import { gpuNames } from '../../base/gpu-device.ts';
import type { LiveConfig } from '../../config/store.ts';
import { createCrashBook } from '../../engines/host/crash-book.ts';
import { createQuarantine, type Quarantine } from '../../engines/host/quarantine.ts';
import type { Engine } from '../../engines/engine.ts';
import { createGradioEngine } from '../../engines/gradio/index.ts';
import { builtInDevice, createDevices } from '../../engines/llama/devices.ts';
import { createLlamaEngine } from '../../engines/llama/index.ts';
import { namingGpu } from '../../engines/on-gpu.ts';
import { createOnnxEngine } from '../../engines/onnx/index.ts';
import { createPiperEngine } from '../../engines/piper/index.ts';
import { createSdCppEngine } from '../../engines/sd-cpp/index.ts';
import { createSyntheticEngine } from '../../engines/synthetic/index.ts';
import { createWhisperEngine } from '../../engines/whisper/index.ts';
import { isGgmlRecogniser } from '../../models/headers/ggml.ts';
import type { Logger } from '../../log/logger.ts';
import type { Gpu } from '../../system/machine/gpu-text.ts';
import { type PayloadName, payloads } from '../../system/native/payloads.ts';
import { hasLibrary } from '../../system/native/shared-library.ts';
import { createAskApp } from '../../system/net/web-app.ts';
import { readZip } from '../../system/native/zip.ts';
import { type CpuRule, createCpuRule } from '../../worker/rules/cpu-rule.ts';
import type { Effects } from '../effects.ts';
import { underGpuRules } from '../gpu-rules.ts';
import { hasPromptFormatAt } from './prompt-format-on-disk.ts';
import { createEngineTools, type EngineTools } from './engine-tools.ts';
import { createPacks, type GpuPack, packsHere, type PackSet } from './packs.ts';

/** Limits and paths follow the config without a restart; `log` is the process's own. */
export interface EngineSetup {
  readonly log: Logger;
  readonly config: LiveConfig;
  /** Binaries for GPUs are used where they were fetched before, and not fetched now. */
  readonly fetchesNoPacks?: boolean;
}

/** The engines this release carries, and who of their models may not run for a while. */
export interface Engines {
  readonly engines: readonly Engine[];
  readonly quarantine: Quarantine;
  readonly cpuRule: CpuRule;
  readonly packSet: PackSet;
}

/**
 * Every engine of this release, each under the CPU rule. Nothing is loaded, fetched or started until an engine is asked,
 * so nothing has to be closed; a model is disposed of by its loader.
 */
export function realEngines(world: Effects, { log, config, fetchesNoPacks = false }: EngineSetup): Engines {
  const effects = underGpuRules(world, config);
  const { sha256, images, clock } = effects;
  const quarantine = createQuarantine(clock);
  const engineLog = log.child({}, 'engines');
  const tools = createEngineTools({ effects, config, log: engineLog, quarantine });
  const { host, fetchInput, fetchImage, ffmpeg } = tools;
  const gpus = async (): Promise<readonly Gpu[]> => (await tools.gpuReport()).gpus;
  const hasRuntime = (): Promise<boolean> =>
    isThere('ort', async () => (await import('../../engines/onnx/binding.ts')).runtimeInstalled());
  const packSet = createPacks(effects, config, engineLog);
  const packs = fetchesNoPacks ? packsHere(packSet) : packSet.packs;
  const cpuRule = createCpuRule({
    allowCpu: config.live('allow_cpu'),
    gpuNames: async () => gpuNames(await gpus()),
    clock,
    log: engineLog,
  });
  const engines = [
    createSyntheticEngine({ sha256, images, clock, ffmpeg, fetchImage, log: engineLog }),
    createOnnxEngine({ host, fetchInput, hasRuntime }),
    llamaEngine(tools, { packs, packStore: packSet.packStore, gpus }),
    createPiperEngine({ host, ffmpeg, hasRuntime }),
    whisperEngine(tools),
    sdCppEngine(tools),
    gradioEngine(tools),
  ];
  return { quarantine, cpuRule, packSet, engines: engines.map((engine) => namingGpu(cpuRule.over(engine))) };
}

/** An executable carries it; in a checkout its binding looks for it, which nothing else of the worker needs. */
const isThere = async (payload: PayloadName, look: () => Promise<boolean>): Promise<boolean> =>
  payloads[payload] !== undefined || (await look());

type Gpus = () => Promise<readonly Gpu[]>;

/** Chats, and chats about images: two libraries, each with packs of its own. */
function llamaEngine(
  { effects, config, host, fetchImage, log }: EngineTools,
  about: Omit<PackSet, 'engine'> & { readonly gpus: Gpus },
): Engine {
  const { files, clock, environment, images } = effects;
  const builtIn = builtInDevice(environment);
  const devicesOf = (payload: GpuPack['payload']) => {
    const packs = about.packs.filter((pack) => pack.payload === payload);
    return createDevices<GpuPack>({ ...about, packs, builtIn, hasLibrary, clock, log });
  };
  return createLlamaEngine({
    host,
    devices: devicesOf('llama'),
    vision: {
      hasRuntime: () =>
        isThere('vision', async () => (await import('../../engines/llama/vision/binding.ts')).visionInstalled()),
      devices: devicesOf('vision'),
      chatImages: { fetchImage, images, clock },
    },
    files,
    hasPromptFormat: hasPromptFormatAt,
    modelsRoot: config.current.models_root,
    hasRuntime: () => isThere('llama', async () => (await import('../../engines/llama/binding.ts')).llamaInstalled()),
  });
}

const whisperEngine = ({ effects, config, host, fetchInput, ffmpeg }: EngineTools): Engine =>
  createWhisperEngine({
    host,
    fetchInput,
    ffmpeg,
    files: effects.files,
    isRecogniser: isGgmlRecogniser,
    modelsRoot: config.current.models_root,
    hasLibrary: () =>
      isThere('whisper', async () => (await import('../../engines/whisper/binding.ts')).whisperInstalled()),
  });

/** Programs of stable-diffusion.cpp, of the release whose digests the manifest pins. */
function sdCppEngine({
  effects,
  config,
  programs,
  gpuAccess,
  fetchInput,
  ffmpeg,
  quarantine,
  log,
}: EngineTools): Engine {
  const { files, random, environment, sha256, clock, http, images } = effects;
  return createSdCppEngine({
    ...programs,
    gpuAccess,
    files,
    random,
    environment,
    modelsRoot: config.current.models_root,
    hasLibrary,
    fetchInput,
    pins: manifest.sdCliSha256,
    sha256,
    readZip,
    clock,
    http,
    freePort: async () => await (await import('../../system/net/free-port.ts')).freePort(),
    images,
    ffmpeg,
    recordCrash: createCrashBook({ quarantine, log }),
    log,
  });
}

/** An app of the operator's, by the settings at the moment of a job. */
function gradioEngine({ effects: { environment, images, clock, random }, config }: EngineTools): Engine {
  const endpointUrl = config.live('gradio_endpoint_url');
  const apiName = config.live('gradio_api_name');
  const allowPrivate = config.live('allow_private_urls');
  return createGradioEngine({
    settings: () => ({ endpointUrl: endpointUrl(), apiName: apiName(), allowPrivate: allowPrivate() }),
    ask: createAskApp(environment.get),
    images,
    clock,
    random,
  });
}
