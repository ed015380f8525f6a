import { renameSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createGpus, type Gpus } from '../../../src/system/machine/gpus.ts';
import { tempFolder } from './temp-folder.ts';

/** A machine whose driver's program lists GPUs `GPU-0`, `GPU-1` … Its folder is the caller's to remove. */
export interface MachineWithGpus extends AsyncDisposable {
  readonly gpus: Gpus;
  /** What is taken of each GPU from now on, MiB. */
  take(usedMib: readonly number[]): void;
}

const TOTAL_MIB = 24_564;
const IDLE_MIB = 564;

/** So many GPUs of 24 GiB, all of them idle. */
export async function machineWithGpus(count: number): Promise<MachineWithGpus> {
  const folder = await tempFolder();
  /** Whole at any moment: the program may read it meanwhile. */
  const take = (usedMib: readonly number[]): void => {
    const lines = usedMib.map(
      (used, at) => `GPU-${at}, 580.95.05, ${TOTAL_MIB}, ${used}, ${TOTAL_MIB - used}, NVIDIA GeForce RTX 4090\n`,
    );
    writeFileSync(folder.at('next'), lines.join(''));
    renameSync(folder.at('next'), folder.at('answer'));
  };
  take(Array.from({ length: count }, () => IDLE_MIB));
  await mkdir(folder.at('bin'));
  const program = folder.at('bin/nvidia-smi');
  await writeFile(program, `#!/bin/sh\nwhile read -r l; do printf '%s\\n' "$l"; done < '${folder.at('answer')}'\n`);
  await chmod(program, 0o755);
  const environment = {
    platform: 'linux',
    get: (name: string) => (name === 'PATH' ? folder.at('bin') : undefined),
  } as const;
  return {
    gpus: createGpus({ environment, root: folder.path }),
    take,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
