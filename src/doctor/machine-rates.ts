import { MIB } from '../base/units.ts';
import type { Clock } from '../system/clock.ts';
import type { RunningSha256 } from '../system/disk/digest.ts';
import type { Files } from '../system/disk/files.ts';
import { measure, type Measurement } from './bench.ts';

/** Large enough that a disk's own buffer does not hold it all, and small enough for any disk. */
const BLOCK_BYTES = 64 * MIB;

/** By the very digest that downloads are verified with. */
export function hashRate(startSha256: () => RunningSha256, clock: Pick<Clock, 'elapsed'>): Promise<Measurement> {
  const block = new Uint8Array(BLOCK_BYTES);
  const work = async (): Promise<number> => {
    const hash = startSha256();
    hash.add(block);
    hash.hex();
    return BLOCK_BYTES / MIB;
  };
  return measure({ id: 'bench.hash', what: 'SHA-256', unit: 'MiB/s', work }, clock);
}

/** Written with a sync, as downloads are; read back from wherever the system has it. The folder is the caller's to remove. */
export async function* diskRates(
  folder: string,
  {
    clock,
    files,
  }: { readonly clock: Pick<Clock, 'elapsed'>; readonly files: Pick<Files, 'writeDurable' | 'openRead'> },
): AsyncGenerator<Measurement> {
  const path = `${folder}/block`;
  const block = new Uint8Array(BLOCK_BYTES).fill(0x5a);
  const write = async (): Promise<number> => {
    await files.writeDurable(path, [block]);
    return BLOCK_BYTES / MIB;
  };
  const read = async (): Promise<number> => {
    let sizeBytes = 0;
    for await (const chunk of files.openRead(path)) sizeBytes += chunk.byteLength;
    return sizeBytes / MIB;
  };
  yield await measure({ id: 'bench.write', what: 'writing with a sync', unit: 'MiB/s', work: write }, clock);
  yield await measure({ id: 'bench.read', what: 'reading what was written', unit: 'MiB/s', work: read }, clock);
}
