import { SECOND_MS } from '../../base/units.ts';
import { ramOf, type RamReport } from './ram.ts';
import { answerOf, namesIn, noAnswer, textOf } from './sources.ts';
import type { Environment } from '../environment.ts';
import {
  type Gpu,
  type ListedGpu,
  numbered,
  NVIDIA_QUERY,
  parseAmdGpu,
  parseAppleGpu,
  parseNvidiaGpus,
  parseNvidiaInformation,
  parseWindowsGpus,
} from './gpu-text.ts';

/** What memory there is at one moment, and how much of it is free. */
export interface MemoryReport {
  /** Empty when there is none, or none that a driver reports. */
  readonly gpus: readonly Gpu[];
  readonly ram: RamReport;
  /** Why a source had no answer, a GPU no size, or why one is not among them. */
  readonly reasons: readonly string[];
  /** GPUs of this machine that may not be used; left out where no rule is set. */
  readonly denied?: readonly DeniedGpu[];
  /** What in the rules about GPUs cannot be meant, a sentence each; likewise. */
  readonly ruleProblems?: readonly string[];
}

/** A GPU that may not be used. */
export interface DeniedGpu {
  readonly gpu: Gpu;
  /** The setting that says so, as the operator knows it. */
  readonly by: string;
}

/** Asks drivers about GPUs, one by one. Each question may take seconds: `watchMemory` keeps the last answer at hand. */
export interface Gpus {
  /** Whether GPUs of this machine may be missing in a report since they may not be used; not so when left out. */
  readonly isRestricted?: boolean;
  /** Never rejects: a source without an answer is one of the reasons. */
  probe(): Promise<MemoryReport>;
}

export interface GpusOptions {
  readonly environment: Pick<Environment, 'platform' | 'get'>;
  /** Put before `/proc` and `/sys`, so that tests can bring their own. */
  readonly root?: string;
  /** A command that takes longer is killed and counts as unanswered. */
  readonly commandLimitMs?: number;
}

/** One place to ask. A machine may have GPUs of several vendors, so all are asked. */
interface Source {
  readonly name: string;
  readonly on: readonly NodeJS.Platform[];
  ask(): Promise<readonly ListedGpu[]> | readonly ListedGpu[];
}

/** The GPUs of this machine. */
export function createGpus(options: GpusOptions): Gpus {
  const sources = sourcesOf(options).filter(({ on }) => on.includes(options.environment.platform));
  return {
    async probe() {
      const answers = await Promise.all(sources.map(askOne));
      const gpus = numbered(withoutDoubles(answers));
      const reasons = [
        ...answers.flatMap(({ because }) => because ?? []),
        ...gpus.filter(({ totalBytes }) => totalBytes === 0).map(({ name }) => `${name}: does not report its memory`),
      ];
      return { gpus, ram: ramOf(options.root ?? ''), reasons };
    },
  };
}

async function askOne(source: Source): Promise<{ readonly gpus: readonly ListedGpu[]; readonly because?: string }> {
  try {
    return { gpus: await source.ask() };
  } catch (thrown) {
    return { gpus: [], because: `${source.name}: ${thrown instanceof Error ? thrown.message : 'unreadable'}` };
  }
}

/** Several sources list NVIDIA's GPUs: the first that reports a size counts. Sources are ordered by how much they report. */
function withoutDoubles(answers: readonly { readonly gpus: readonly ListedGpu[] }[]): readonly ListedGpu[] {
  const isNvidia = ({ vendor }: ListedGpu): boolean => vendor === 'nvidia';
  const lists = answers.map(({ gpus }) => gpus.filter(isNvidia)).filter((gpus) => gpus.length > 0);
  const nvidia = lists.find((gpus) => gpus.some(({ totalBytes }) => totalBytes > 0)) ?? lists[0] ?? [];
  return [...nvidia, ...answers.flatMap(({ gpus }) => gpus.filter((gpu) => !isNvidia(gpu)))];
}

function sourcesOf({ environment, root = '', commandLimitMs = 5 * SECOND_MS }: GpusOptions): readonly Source[] {
  const ask = (...command: readonly string[]): Promise<string> => answerOf(command, environment, commandLimitMs);
  return [
    {
      name: 'nvidia-smi',
      on: ['linux', 'win32'],
      ask: async () => {
        const text = await ask('nvidia-smi', `--query-gpu=${NVIDIA_QUERY}`, '--format=csv,noheader,nounits');
        return orNone(parseNvidiaGpus(text), 'lists no GPU');
      },
    },
    // In a container the driver's program may be missing.
    { name: 'nvidia driver', on: ['linux'], ask: () => nvidiaCards(root) },
    { name: 'graphics devices', on: ['linux'], ask: () => amdGpus(root) },
    {
      name: 'sysctl',
      on: ['darwin'],
      ask: async () => {
        const sysctl = await ask('sysctl', '-n', 'hw.memsize', 'machdep.cpu.brand_string');
        const free = await ask('vm_stat').catch(() => ''); // the size counts without what is free of it
        const gpu = parseAppleGpu(sysctl, free);
        return orNone(gpu === undefined ? [] : [gpu], 'reports no memory size');
      },
    },
    {
      name: 'registry',
      on: ['win32'],
      ask: async () => {
        const text = await ask('powershell', '-NoProfile', '-NonInteractive', '-Command', REGISTRY);
        return orNone(parseWindowsGpus(text), 'lists no GPU with memory');
      },
    },
  ];
}

function orNone(gpus: readonly ListedGpu[], because: string): readonly ListedGpu[] {
  if (gpus.length === 0) throw noAnswer(because);
  return gpus;
}

/** The class of display adapters, by its fixed id (Windows: system-defined device setup classes). */
const REGISTRY =
  "Get-ItemProperty 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}\\0*' " +
  '-ErrorAction SilentlyContinue | ForEach-Object { ' +
  '"$($_.DriverDesc)`t$($_.DriverVersion)`t$($_.\'HardwareInformation.qwMemorySize\')" }';

function nvidiaCards(root: string): readonly ListedGpu[] {
  const folder = `${root}/proc/driver/nvidia/gpus`;
  const texts = namesIn(folder).flatMap((name) => textOf(`${folder}/${name}/information`) ?? []);
  return orNone(texts.map(parseNvidiaInformation), `nothing at ${folder}/*/information`);
}

/** `card0-DP-1` is a socket of card0, not another GPU. */
const CARD = /^card\d+$/;

function amdGpus(root: string): readonly ListedGpu[] {
  const folder = `${root}/sys/class/drm`;
  const driver = textOf(`${root}/sys/module/amdgpu/version`);
  const cards = namesIn(folder).filter((name) => CARD.test(name));
  const gpus = cards.map((card) => {
    const file = (name: string): string | undefined => textOf(`${folder}/${card}/device/${name}`);
    return parseAmdGpu({
      total: file('mem_info_vram_total'),
      used: file('mem_info_vram_used'),
      productName: file('product_name'),
      uniqueId: file('unique_id'),
      uevent: file('uevent'),
      driver,
    });
  });
  return orNone(
    gpus.filter((gpu) => gpu !== undefined),
    `nothing at ${folder}/*/device/mem_info_vram_total`,
  );
}
