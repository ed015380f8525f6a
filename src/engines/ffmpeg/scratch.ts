import type { Files } from '../../system/files.ts';
import type { Random } from '../../system/random.ts';

export interface ScratchOptions {
  readonly files: Pick<Files, 'makeDir' | 'readBytes' | 'remove' | 'writeAtomic'>;
  readonly random: Pick<Random, 'hex'>;
  readonly tempDir: string;
}

/** A folder of one run: files, because M4A has its index at the end, and is read and written by going back. */
export interface Scratch {
  readonly input: string;
  readonly output: string;
  /** What was written to `output`; undefined when nothing was. */
  readonly read: () => Promise<Uint8Array | undefined>;
}

/** Gives work a folder, with the input in it when there is one, and removes it however the work ends. */
export type WithScratch = <T>(input: Uint8Array | undefined, work: (scratch: Scratch) => Promise<T>) => Promise<T>;

export function createScratch({ files, random, tempDir }: ScratchOptions): WithScratch {
  return async (input, work) => {
    const folder = `${tempDir}/studio-worker-ffmpeg-${random.hex(8)}`;
    try {
      await files.makeDir(folder, { mode: 0o700 });
      // Without an extension: the content says what it is.
      if (input !== undefined) await files.writeAtomic(`${folder}/in`, input, { mode: 0o600 });
      const read: Scratch['read'] = () => files.readBytes(`${folder}/out`);
      return await work({ input: `file:${folder}/in`, output: `file:${folder}/out`, read });
    } finally {
      await files.remove(folder);
    }
  };
}
