import { GIB, KIB, SECOND_MS } from '../../base/units.ts';
import { answerOf, namesIn, noAnswer, textOf } from './sources.ts';
import type { Environment } from '../environment.ts';
import { parseNvidiaInformation, silentLines, sumOfLines } from './vram-text.ts';

/** What the worker says about this machine. */
export interface Machine {
  hostName(): string;
  userName(): string;
  /** GiB of GPU memory; 0 when unknown. */
  vramTotalGb(): Promise<number>;
  /** The same with its story, for the log: where the number is from, or why there is none. */
  vram(): Promise<VramReport>;
}

export interface VramReport {
  readonly totalGb: number;
  /** What was asked when the number was found. */
  readonly from?: string;
  /** Why the sources before it, or all of them, had no answer. */
  readonly reasons: readonly string[];
  /** GPUs that are there but do not say how much memory they have, and so are missing in the total. */
  readonly silentGpus: number;
}

export interface MachineOptions {
  readonly environment: Pick<Environment, 'platform' | 'get' | 'hostName' | 'userName'>;
  /** Put before `/proc` and `/sys`, so that tests can bring their own. */
  readonly root?: string;
  /** A command that takes longer is killed and counts as unanswered. */
  readonly commandLimitMs?: number;
}

interface Answer {
  readonly totalGb: number;
  readonly silentGpus: number;
}

/** One place to ask: an answer in GiB, or why it has none. */
interface Source {
  readonly name: string;
  readonly on: NodeJS.Platform | 'any';
  ask(): Promise<Answer> | Answer;
}

/** GPUs do not come and go while we run, and asking can take seconds: the first question's answer serves all. */
export function createMachine(options: MachineOptions): Machine {
  const { environment } = options;
  let probed: Promise<VramReport> | undefined;
  const vram = (): Promise<VramReport> => (probed ??= probe(environment.platform, sourcesOf(options)));
  return {
    hostName: () => environment.hostName.trim() || 'unknown-host',
    userName: () => environment.userName.trim() || 'unknown-user',
    vram,
    vramTotalGb: async () => (await vram()).totalGb,
  };
}

async function probe(platform: NodeJS.Platform, sources: readonly Source[]): Promise<VramReport> {
  const reasons: string[] = [];
  for (const source of sources) {
    if (source.on !== 'any' && source.on !== platform) continue;
    try {
      const { totalGb, silentGpus } = await source.ask();
      if (totalGb > 0) return { totalGb, from: source.name, reasons, silentGpus };
      reasons.push(`${source.name}: says 0`);
    } catch (thrown) {
      reasons.push(`${source.name}: ${thrown instanceof Error ? thrown.message : 'unreadable'}`);
    }
  }
  return { totalGb: 0, reasons, silentGpus: 0 };
}

/** In the studio contract's order. The kernel's own files come first: they answer at once and start no process. */
function sourcesOf({ environment, root = '', commandLimitMs = 5 * SECOND_MS }: MachineOptions): readonly Source[] {
  const ask = (command: readonly string[]): Promise<string> => answerOf(command, environment, commandLimitMs);
  const listed = async (command: readonly string[], perGb: number): Promise<Answer> => {
    const text = await ask(command);
    return { totalGb: sumOfLines(text) / perGb, silentGpus: silentLines(text) };
  };
  return [
    {
      name: 'nvidia driver',
      on: 'linux',
      ask: () =>
        sumOf(`${root}/proc/driver/nvidia/gpus`, /./, 'information', (text) => parseNvidiaInformation(text) / KIB),
    },
    {
      name: 'graphics devices',
      on: 'linux',
      ask: () =>
        sumOf(
          `${root}/sys/class/drm`,
          /^card\d+$/, // `card0-DP-1` is a socket of card0, not another card
          'device/mem_info_vram_total',
          (text) => sumOfLines(text) / GIB,
        ),
    },
    {
      name: 'sysctl',
      on: 'darwin',
      // Memory is shared with the GPU there; three quarters is what one process may give to it by default.
      ask: async () => ({
        totalGb: (sumOfLines(await ask(['sysctl', '-n', 'hw.memsize'])) * 0.75) / GIB,
        silentGpus: 0,
      }),
    },
    {
      name: 'nvidia-smi',
      on: 'any',
      ask: () => listed(['nvidia-smi', '--query-gpu=memory.total', '--format=csv,noheader,nounits'], KIB),
    },
    {
      name: 'video controllers',
      on: 'win32',
      ask: () => listed(['powershell', '-NoProfile', '-NonInteractive', '-Command', CIM], GIB),
    },
  ];
}

const CIM = 'Get-CimInstance Win32_VideoController | ForEach-Object { $_.AdapterRAM }';

/** Adds up one file of each matching folder. A card without that file has no memory of its own and is not counted. */
function sumOf(folder: string, which: RegExp, file: string, read: (text: string) => number): Answer {
  const cards = namesIn(folder).filter((name) => which.test(name));
  const texts = cards.map((card) => textOf(`${folder}/${card}/${file}`)).filter((text) => text !== undefined);
  if (texts.length === 0) throw noAnswer(`nothing at ${folder}/*/${file}`);
  const said = texts.map(read);
  return {
    totalGb: said.reduce((sum, gb) => sum + gb, 0),
    silentGpus: said.filter((gb) => gb === 0).length,
  };
}
