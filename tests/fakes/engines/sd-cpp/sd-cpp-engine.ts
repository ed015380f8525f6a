import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toModelId } from '../../../../src/base/ids.ts';
import type { CliDefaults } from '../../../../src/contract/model-source.ts';
import type { LoadedModel, ModelFiles, RunContext } from '../../../../src/engines/engine.ts';
import type { TaskDelta, TaskResult } from '../../../../src/engines/result.ts';
import { createCrashBook } from '../../../../src/engines/host/crash-book.ts';
import { createQuarantine, type Quarantine } from '../../../../src/engines/host/quarantine.ts';
import { createSdCppEngine, type SdCppOptions } from '../../../../src/engines/sd-cpp/index.ts';
import { systemClock } from '../../../../src/system/clock.ts';
import { sha256 } from '../../../../src/system/disk/digest.ts';
import { systemFiles } from '../../../../src/system/disk/files.ts';
import { freePort } from '../../../../src/system/net/free-port.ts';
import { createHttp } from '../../../../src/system/net/http-client.ts';
import { childEnvironment, processVariables } from '../../../../src/system/process/processes.ts';
import { createAskProgram } from '../../../../src/system/process/ask-program.ts';
import { type Program, runProgram } from '../../../../src/system/process/programs.ts';
import { systemRandom } from '../../../../src/system/random.ts';
import { readZip } from '../../../../src/system/native/zip.ts';
import { aTask, synthetic } from '../../builders.ts';
import { images } from '../onnx-engine.ts';
import { someGpuAccess } from '../gpu-access.ts';
import { recordingLogger, type RecordingLogger } from '../../recording-logger.ts';
import { installSdCli, installSdServer } from './sd-cli-program.ts';
import { USUAL } from '../loading.ts';
import { notReady } from '../../../../src/engines/readiness.ts';
import { callsIn, type ProgramCall } from './program-calls.ts';

export interface SdCppChoice extends Partial<Omit<SdCppOptions, 'environment'>> {
  readonly variables?: Readonly<Record<string, string>>;
  readonly platform?: NodeJS.Platform;
  /** The name of the model's file, by whose words the stand-ins know faults of loading. */
  readonly file?: string;
  readonly defaults?: Partial<CliDefaults>;
  /** Names of LoRA files beside the model. */
  readonly loras?: readonly string[];
}

export interface SdCppScene extends AsyncDisposable {
  readonly engine: ReturnType<typeof createSdCppEngine>;
  readonly files: ModelFiles;
  readonly log: RecordingLogger;
  readonly quarantine: Quarantine;
  /** Everything that was started for a job, in order. */
  readonly programs: readonly Program[];
  readonly abort: AbortController;
  at(name: string): string;
  /** Puts the stand-in for sd-cli where the worker keeps its own, or elsewhere. */
  install(at?: string, version?: string): Promise<string>;
  /** Both stand-ins. */
  installBoth(): Promise<void>;
  /** Loads the model for one job. */
  run(about?: Readonly<Record<string, unknown>>, progress?: RunContext['progress']): Promise<TaskResult>;
  /** Runs one job on a loaded model. */
  runOn(
    model: LoadedModel,
    about?: Readonly<Record<string, unknown>>,
    progress?: RunContext['progress'],
    signal?: AbortSignal,
  ): Promise<TaskResult>;
  /** Pieces of results, as they were made. */
  readonly deltas: readonly TaskDelta[];
  asked(): readonly ProgramCall[];
  leftovers(): readonly string[];
}

const TASK = { kind: 'image', prompt: 'a golem', width: 64, height: 48, steps: 3, ext: 'png' } as const;
const noFfmpeg: SdCppOptions['ffmpeg'] = {
  readiness: () => Promise.resolve(notReady({ because: 'there is no ffmpeg here', hint: 'Install it.' })),
  encodeVideo: () => Promise.reject(new Error('there is no ffmpeg here')),
};

/** The real engine with stand-ins for its programs, and a machine that has Vulkan. */
export function sdCppScene({
  variables = {},
  platform = 'linux',
  file,
  defaults,
  loras = [],
  ...choice
}: SdCppChoice = {}): SdCppScene {
  const folder = mkdtempSync(join(tmpdir(), 'studio-worker-sdcpp-test-'));
  const at = (name: string): string => join(folder, name);
  mkdirSync(at('tmp'));
  const model = at(file ?? 'model.gguf');
  for (const path of [model, ...loras.map(at)]) writeFileSync(path, 'GGUF');
  const log = recordingLogger();
  const quarantine = createQuarantine(systemClock);
  const programs: Program[] = [];
  const engine = createSdCppEngine({
    files: systemFiles,
    environment: { get: (name) => variables[name], homeDir: at('home'), platform, arch: 'x64' },
    modelsRoot: at('models'),
    run: (command, options) => {
      const program = runProgram(command, options);
      programs.push(program);
      return program;
    },
    ask: createAskProgram(runProgram, systemClock),
    childEnv: childEnvironment({ ...processVariables(), STUDIO_TOKEN: 'secret' }),
    gpuAccess: someGpuAccess(),
    nice: 1,
    clock: systemClock,
    log,
    fetchInput: (what, url) => Promise.reject(new Error(`no ${what} at ${url}`)),
    random: systemRandom,
    tempDir: at('tmp'),
    pid: process.pid,
    hasLibrary: () => Promise.resolve(true),
    pins: {},
    sha256,
    readZip,
    images,
    ffmpeg: noFfmpeg,
    http: createHttp({ clock: systemClock, env: () => undefined }),
    freePort,
    recordCrash: createCrashBook({ quarantine, log }),
    ...choice,
  });
  const files: ModelFiles = {
    model: toModelId('golem'),
    paths: new Map([['diffusion-model', model]] as const),
    loras: loras.map(at),
    defaults: { ...synthetic.cliDefaults, ...defaults },
  };
  const abort = new AbortController();
  const deltas: TaskDelta[] = [];
  const runOn: SdCppScene['runOn'] = (loaded, about = {}, progress = () => {}, signal = abort.signal) =>
    loaded.run(aTask({ ...TASK, ...about }), { signal, progress, emit: (delta) => void deltas.push(delta) });
  const install: SdCppScene['install'] = (path = 'models/bin/sd-cli', version) => installSdCli(at(path), version);
  return {
    engine,
    files,
    log,
    quarantine,
    programs,
    abort,
    at,
    install,
    async installBoth() {
      await install();
      await installSdServer(at('models/bin/sd-server'));
    },
    async run(about, progress) {
      await using loaded = await engine.load(files, abort.signal, USUAL);
      return await runOn(loaded, about, progress);
    },
    runOn,
    deltas,
    asked: () => callsIn(folder),
    leftovers: () => readdirSync(at('tmp')),
    async [Symbol.asyncDispose]() {
      for (const program of programs) program.killGroup('SIGKILL');
      await Promise.all(programs.map(({ ended }) => ended));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
