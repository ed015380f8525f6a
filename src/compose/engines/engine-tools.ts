import type { LiveConfig } from '../../config/store.ts';
import { createFfmpeg, type Ffmpeg } from '../../engines/ffmpeg/index.ts';
import type { EngineHost, EngineHostOptions } from '../../engines/host/host.ts';
import type { Quarantine } from '../../engines/host/quarantine.ts';
import { createInputFetcher, type FetchInput, MAX_INPUT_BYTES } from '../../engines/media/inputs.ts';
import { MAX_IMAGE_BYTES } from '../../contract/limits.ts';
import type { Logger } from '../../log/logger.ts';
import { type AskProgram, createAskProgram } from '../../system/process/ask-program.ts';
import { bindPrograms } from '../../system/process/bound-programs.ts';
import type { ChildEnvironment } from '../../system/process/child.ts';
import { type CeilingKeeper, createMemoryCeiling, type MemoryCeiling } from '../../system/process/memory-ceiling.ts';
import { createMemoryScopes } from '../../system/process/memory-scope.ts';
import { treeMemory } from '../../system/process/process-memory.ts';
import { childEnvironment, processVariables, ownCommand, spawnIpc } from '../../system/process/processes.ts';
import { type RunProgram, runProgram } from '../../system/process/programs.ts';
import type { GpuAccess } from '../../engines/gpu-access.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import type { Effects } from '../effects.ts';
import { createGpuAccess, reportOnce } from './gpu-access.ts';
import { askVulkan } from './vulkan.ts';
import { offeredUrls } from '../model-store.ts';

/** What several engines are made with. */
export interface EngineTools {
  readonly effects: Effects;
  readonly config: LiveConfig;
  readonly log: Logger;
  readonly quarantine: Quarantine;
  readonly host: EngineHost;
  readonly gpuAccess: GpuAccess;
  /** Asked once, see `reportOnce`. */
  readonly gpuReport: () => Promise<MemoryReport>;
  readonly fetchInput: FetchInput;
  /** For images that a task names, with the limit of the studio contract. */
  readonly fetchImage: FetchInput;
  /** For programs of somebody else. */
  readonly programs: ProgramTools;
  readonly ffmpeg: Ffmpeg;
}

/** What programs are started and held with. */
interface ProgramTools {
  readonly run: RunProgram;
  /** For one that prints and ends. */
  readonly ask: AskProgram;
  readonly childEnv: ChildEnvironment;
  readonly nice: number;
  readonly tempDir: string;
  readonly pid: number;
}

type Given = Pick<EngineTools, 'effects' | 'config' | 'log' | 'quarantine'>;

/** Makes what several engines share, once. Children and programs are started only when an engine needs them. */
export function createEngineTools(given: Given): EngineTools {
  const { effects, config, log, quarantine } = given;
  const { clock, files, random, environment } = effects;
  const childEnv = childEnvironment(processVariables());
  const nice = config.current.engine_nice;
  const ceiling = memoryCeiling(given, childEnv);
  const run = ceiling.programs(bindPrograms(runProgram, { ...environment, ownCommand: ownCommand() }));
  const programs: ProgramTools = {
    run,
    ask: createAskProgram(run, clock),
    childEnv,
    nice,
    tempDir: environment.tempDir,
    pid: environment.pid,
  };
  const gpus = gpuTools(given, programs);
  const fetcher = (maxBytes: number): FetchInput =>
    effects.heldInputs.over(createInputFetcher(offeredUrls(effects, config), maxBytes), maxBytes);
  return {
    ...given,
    ...gpus,
    host: hostOnDemand({
      spawn: ceiling.talking(spawnIpc),
      command: [...ownCommand(), '__engine', String(nice)],
      env: childEnv,
      gpuAccess: gpus.gpuAccess,
      clock,
      log,
      quarantine,
    }),
    fetchInput: fetcher(MAX_INPUT_BYTES),
    fetchImage: fetcher(MAX_IMAGE_BYTES),
    programs,
    ffmpeg: createFfmpeg({ files, random, environment, clock, log, ...programs }),
  };
}

function gpuTools(
  { effects, log }: Given,
  { ask, childEnv }: Pick<ProgramTools, 'ask' | 'childEnv'>,
): Pick<EngineTools, 'gpuAccess' | 'gpuReport'> {
  const gpuReport = reportOnce(effects);
  const gpuAccess = createGpuAccess({
    hasRules: effects.gpus.isRestricted === true,
    report: gpuReport,
    vulkan: askVulkan(ask, childEnv),
    inherited: childEnv,
    platform: effects.environment.platform,
    log,
  });
  return { gpuAccess, gpuReport };
}

/** The host is loaded with the first model that needs a process: its code is not needed to say what engines there are. */
function hostOnDemand(options: EngineHostOptions): EngineHost {
  let opening: Promise<EngineHost> | undefined;
  const open = async (): Promise<EngineHost> => (await import('../../engines/host/host.ts')).createEngineHost(options);
  return { load: async (request, signal) => await (await (opening ??= open())).load(request, signal) };
}

/** What all children of engines are held to. Who holds them is logged once. */
function memoryCeiling({ effects, config, log }: Given, env: ChildEnvironment): MemoryCeiling {
  const { clock, environment } = effects;
  const { platform } = environment;
  let logged: CeilingKeeper | undefined;
  return createMemoryCeiling({
    limitGib: config.live('memory_max_gb'),
    sizeOf: treeMemory,
    scopes: createMemoryScopes({ ask: createAskProgram(runProgram, clock), env, platform }),
    clock,
    onHeld(by, memoryMaxGb) {
      if (by === logged) return;
      logged = by;
      if (by === 'nobody') log.warn('memory.ceiling-missing', { memoryMaxGb, platform });
      else log.info('memory.ceiling-held', { by, memoryMaxGb });
    },
  });
}
