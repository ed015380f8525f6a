import { GIB } from '../../base/units.ts';
import type { Environment } from '../environment.ts';
import type { Gpus, MemoryReport } from './gpus.ts';

/** What the worker advertises about this machine. */
export interface Machine {
  hostName(): string;
  userName(): string;
  /** GiB of GPU memory; 0 when unknown. */
  vramTotalGb(): Promise<number>;
  /** The same with details for the log: which GPUs are missing in it, or why there is none. */
  vram(): Promise<VramReport>;
}

/** The GPU memory of this machine as one number. */
export interface VramReport {
  readonly totalGb: number;
  /** Why sources had no answer. */
  readonly reasons: readonly string[];
  /** GPUs that do not report their memory, and so are missing in the total. */
  readonly silentGpus: number;
}

export interface MachineOptions {
  readonly environment: Pick<Environment, 'hostName' | 'userName'>;
  readonly gpus: Gpus;
}

/** GPUs do not come and go while we run, and asking can take seconds: the first question's answer serves all. */
export function createMachine({ environment, gpus }: MachineOptions): Machine {
  let probed: Promise<VramReport> | undefined;
  const vram = (): Promise<VramReport> => (probed ??= gpus.probe().then(vramOf));
  return {
    hostName: () => environment.hostName.trim() || 'unknown-host',
    userName: () => environment.userName.trim() || 'unknown-user',
    vram,
    vramTotalGb: async () => (await vram()).totalGb,
  };
}

/** The one number for all GPUs: NVIDIA's added up where there are any, otherwise everybody's (studio contract). */
function vramOf({ gpus, reasons }: MemoryReport): VramReport {
  const sized = gpus.filter(({ totalBytes }) => totalBytes > 0);
  const nvidia = sized.filter(({ vendor }) => vendor === 'nvidia');
  const counted = nvidia.length > 0 ? nvidia : sized;
  return {
    totalGb: counted.reduce((sum, { totalBytes }) => sum + totalBytes, 0) / GIB,
    reasons,
    silentGpus: gpus.length - sized.length,
  };
}
