import manifest from '../../dist-manifest.json';
import type { ConfigStore } from '../config/store.ts';
import { createCrashBook } from '../engines/host/crash-book.ts';
import { createEngineHost, type EngineHost } from '../engines/host/host.ts';
import { createQuarantine, type Quarantine } from '../engines/host/quarantine.ts';
import { createFfmpeg } from '../engines/ffmpeg/index.ts';
import type { Engine } from '../engines/engine.ts';
import { createGradioEngine } from '../engines/gradio/index.ts';
import { createInputFetcher } from '../engines/inputs.ts';
import { llamaInstalled } from '../engines/llama/binding.ts';
import { createDevices } from '../engines/llama/devices.ts';
import { createLlamaEngine } from '../engines/llama/index.ts';
import { runtimeInstalled } from '../engines/onnx/binding.ts';
import { createOnnxEngine } from '../engines/onnx/index.ts';
import { createPiperEngine } from '../engines/piper/index.ts';
import { createSdCppEngine } from '../engines/sd-cpp/index.ts';
import { createSyntheticEngine } from '../engines/synthetic/index.ts';
import { whisperInstalled } from '../engines/whisper/binding.ts';
import { createWhisperEngine } from '../engines/whisper/index.ts';
import { isGgmlRecogniser } from '../models/headers/ggml.ts';
import type { Logger } from '../log/logger.ts';
import { bound } from '../system/bound-programs.ts';
import { freePort } from '../system/free-port.ts';
import type { Gpu } from '../system/gpu-text.ts';
import { payloads } from '../system/payloads.ts';
import { childEnvironment, ourVariables, ownCommand, spawnTalking } from '../system/processes.ts';
import { runProgram } from '../system/programs.ts';
import { hasLibrary } from '../system/shared-library.ts';
import { createAskApp } from '../system/web-app.ts';
import { readZip } from '../system/zip.ts';
import { type CpuRule, createCpuRule } from '../worker/cpu-rule.ts';
import type { Effects } from './effects.ts';
import { offeredUrls } from './models.ts';
import { builtInDevice, createPacks, packsHere, type PackSet } from './packs.ts';

export interface EngineSetup {
  readonly log: Logger;
  readonly config: Pick<ConfigStore, 'current'>;
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

export function realEngines(effects: Effects, { log, config, fetchesNoPacks = false }: EngineSetup): Engines {
  const { sha256, images, clock, files, random, environment, http } = effects;
  const quarantine = createQuarantine(clock);
  const engineLog = log.child({}, 'engines');
  const fetchInput = createInputFetcher(offeredUrls(effects, config));
  const host: EngineHost = createEngineHost({
    spawn: spawnTalking,
    command: [...ownCommand(), '__engine', String(config.current.engine_nice)],
    env: childEnvironment(ourVariables()),
    clock,
    log: engineLog,
    quarantine,
  });
  const run = bound(runProgram, { ...environment, ownCommand: ownCommand() });
  const ffmpeg = createFfmpeg({
    files,
    random,
    environment,
    tempDir: environment.tempDir,
    pid: environment.pid,
    run,
    childEnv: childEnvironment(ourVariables()),
    nice: config.current.engine_nice,
    clock,
    log: engineLog,
  });
  const hasRuntime = (): boolean => payloads.ort !== undefined || runtimeInstalled();
  const knownGpus = askOnce(effects);
  const packSet = createPacks(effects, config, engineLog);
  const cpuRule = createCpuRule({
    allowCpu: () => config.current.allow_cpu,
    gpuNames: async () => (await knownGpus()).map(({ name }) => name),
    clock,
    log: engineLog,
  });
  return {
    quarantine,
    cpuRule,
    packSet,
    engines: [
      createSyntheticEngine({ sha256, images, clock, ffmpeg, log: engineLog }),
      createOnnxEngine({
        host,
        fetchInput,
        hasRuntime,
      }),
      createLlamaEngine({
        host,
        devices: createDevices({
          shelf: packSet.shelf,
          packs: fetchesNoPacks ? packsHere(packSet) : packSet.packs,
          builtIn: builtInDevice(environment),
          hasLibrary,
          gpus: knownGpus,
          clock,
          log: engineLog,
        }),
        files,
        modelsRoot: config.current.models_root,
        hasRuntime: () => payloads.llama !== undefined || llamaInstalled(),
      }),
      createPiperEngine({ host, ffmpeg, hasRuntime }),
      createWhisperEngine({
        host,
        fetchInput,
        ffmpeg,
        files,
        isRecogniser: isGgmlRecogniser,
        modelsRoot: config.current.models_root,
        hasLibrary: () => payloads.whisper !== undefined || whisperInstalled(),
      }),
      createSdCppEngine({
        files,
        random,
        environment,
        tempDir: environment.tempDir,
        pid: environment.pid,
        modelsRoot: config.current.models_root,
        run,
        childEnv: childEnvironment(ourVariables()),
        nice: config.current.engine_nice,
        hasLibrary,
        fetchInput,
        pins: manifest.sdCliSha256,
        sha256,
        readZip,
        clock,
        http,
        freePort,
        images,
        ffmpeg,
        noteCrash: createCrashBook({ quarantine, log: engineLog }),
        log: engineLog,
      }),
      createGradioEngine({
        settings: () => ({
          endpointUrl: config.current.gradio_endpoint_url,
          apiName: config.current.gradio_api_name,
          allowPrivate: config.current.allow_private_urls,
        }),
        ask: createAskApp(environment.get),
        images,
        clock,
        random,
      }),
    ].map((engine) => cpuRule.over(engine)),
  };
}

/** The GPUs of this machine, asked for until there are some: a driver may start later than we do. */
function askOnce({ gpus }: Pick<Effects, 'gpus'>): () => Promise<readonly Gpu[]> {
  let asked: Promise<readonly Gpu[]> | undefined;
  const ask = async (): Promise<readonly Gpu[]> => {
    const { gpus: found } = await gpus.probe();
    if (found.length === 0) asked = undefined;
    return found;
  };
  return () => (asked ??= ask());
}
