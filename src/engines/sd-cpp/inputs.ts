import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Images } from '../../system/native/images.ts';
import type { FetchInput } from '../media/inputs.ts';
import type { ScratchFolder } from '../programs/scratch.ts';
import { assertMaskFits } from './masks.ts';
import {
  assertPicture,
  inputExt,
  type NamedPicture,
  type PicturePaths,
  picturesOf,
  type PictureUse,
} from './pictures.ts';

export interface InputOptions {
  readonly fetchInput: FetchInput;
  readonly images: Pick<Images, 'probe'>;
}

/** The pictures of a task, fetched. */
export interface Pictures {
  readonly bytes: ReadonlyMap<PictureUse, Uint8Array>;
  /** Puts them into a folder, under names that say what they are. */
  writeTo(folder: Pick<ScratchFolder, 'write'>): Promise<PicturePaths>;
}

/**
 * A picture that cannot be fetched fails the job: without it, it would be another picture.
 *
 * @throws WorkerError as `FetchInput` | `task.mask-mismatch` | `task.invalid`; the signal's reason
 */
export async function fetchPictures(
  task: TaskOf<'image'> | TaskOf<'video'>,
  { fetchInput, images }: InputOptions,
  signal: AbortSignal,
): Promise<Pictures> {
  const named: readonly NamedPicture[] = picturesOf(task);
  const fetched = named.map(async ({ use, what, url }) => [use, await fetchInput(what, url, signal)] as const);
  await Promise.allSettled(fetched); // none of them goes on when this returns
  const bytes = new Map(await Promise.all(fetched));
  for (const { use, what } of named) assertPicture(what, bytes.get(use) ?? new Uint8Array());
  await assertMaskFits(bytes, images);
  return {
    bytes,
    async writeTo(folder) {
      const written = named.map(async ({ use, url }) => {
        const content = bytes.get(use) ?? new Uint8Array();
        return [use, await folder.write(`${use}.${inputExt(content, url)}`, content)] as const;
      });
      return Object.fromEntries(await Promise.all(written));
    },
  };
}
