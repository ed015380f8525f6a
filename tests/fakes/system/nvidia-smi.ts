import { chmod, writeFile } from 'node:fs/promises';
import { createGpus, type Gpus } from '../../../src/system/machine/gpus.ts';
import { tempFolder } from './temp-folder.ts';

/** A machine whose driver's program lists so many GPUs of 24 GiB, all of them idle. Its folder is the caller's to remove. */
export async function machineWithGpus(count: number): Promise<{ readonly gpus: Gpus } & AsyncDisposable> {
  const folder = await tempFolder();
  const lines = Array.from({ length: count }, (_, at) => `GPU-${at}, 580.95.05, 24564, 564, 24000, RTX 4090`);
  const program = folder.at('nvidia-smi');
  await writeFile(program, `#!/bin/sh\nprintf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')}\n`);
  await chmod(program, 0o755);
  const environment = {
    platform: 'linux',
    get: (name: string) => (name === 'PATH' ? folder.path : undefined),
  } as const;
  return {
    gpus: createGpus({ environment, root: folder.path }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
