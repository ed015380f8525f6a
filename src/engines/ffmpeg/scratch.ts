import type { Files } from '../../system/disk/files.ts';
import { type ScratchOptions as FolderOptions, withScratch } from '../scratch.ts';

export interface ScratchOptions extends Omit<FolderOptions, 'files'> {
  readonly files: FolderOptions['files'] & Pick<Files, 'readBytes' | 'writeAtomic'>;
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

export const createScratch =
  (options: ScratchOptions): WithScratch =>
  (input, work) =>
    withScratch(options, 'ffmpeg', async (folder) => {
      // Without an extension: the content says what it is.
      if (input !== undefined) await options.files.writeAtomic(`${folder}/in`, input, { mode: 0o600 });
      const read: Scratch['read'] = () => options.files.readBytes(`${folder}/out`);
      return await work({ input: `file:${folder}/in`, output: `file:${folder}/out`, read });
    });
