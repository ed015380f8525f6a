import { errorChain } from '../../base/errors.ts';
import type { Logger } from '../../log/logger.ts';
import type { Files } from '../../system/disk/files.ts';
import type { Random } from '../../system/random.ts';

export interface ScratchOptions {
  readonly files: Pick<Files, 'makeDir' | 'remove' | 'list' | 'readBytes' | 'writeAtomic'>;
  readonly random: Pick<Random, 'hex'>;
  readonly tempDir: string;
  /** This process: its folders are left alone while it lives. */
  readonly pid: number;
}

/** A folder of one run, for programs that read and write files. */
export interface ScratchFolder {
  /** The path of a file in it. */
  readonly at: (name: string) => string;
  /** Writes a file for the program and gives its path. */
  readonly write: (name: string, bytes: Uint8Array) => Promise<string>;
  /** What the program wrote; undefined when it wrote nothing. */
  readonly read: (name: string) => Promise<Uint8Array | undefined>;
}

/** Who makes such folders. */
export type ScratchOwner = 'sdcpp' | 'ffmpeg';
const NAME = /^studio-worker-(?:sdcpp|ffmpeg)-(\d+)-[0-9a-f]+$/;

/** Runs `work` with a private folder of its own, which is removed with everything in it however that ends. */
export async function withScratch<T>(
  { files, random, tempDir, pid }: ScratchOptions,
  owner: ScratchOwner,
  work: (folder: ScratchFolder) => Promise<T>,
): Promise<T> {
  const folder = `${tempDir}/studio-worker-${owner}-${pid}-${random.hex(8)}`;
  const at = (name: string): string => `${folder}/${name}`;
  try {
    await files.makeDir(folder, { mode: 0o700 });
    return await work({
      at,
      write: async (name, bytes) => {
        await files.writeAtomic(at(name), bytes, { mode: 0o600 });
        return at(name);
      },
      read: (name) => files.readBytes(at(name)),
    });
  } finally {
    await files.remove(folder);
  }
}

/** Removes the folders of workers that were killed in the middle of a job. Never rejects: it is a courtesy. */
export async function sweepScratch(
  { files, tempDir, pid }: Pick<ScratchOptions, 'files' | 'tempDir' | 'pid'>,
  { isAlive, log }: { readonly isAlive: (pid: number) => boolean; readonly log: Logger },
): Promise<void> {
  try {
    for (const name of await files.list(tempDir)) {
      const owner = Number(NAME.exec(name)?.[1] ?? pid);
      if (owner === pid || isAlive(owner)) continue;
      await files.remove(`${tempDir}/${name}`);
      log.info('scratch.removed', { folder: `${tempDir}/${name}`, leftBy: owner });
    }
  } catch (thrown) {
    log.debug('scratch.kept', { because: errorChain(thrown) });
  }
}
