import type { TaskOf } from '../../contract/tasks/index.ts';
import type { FetchInput } from '../media/inputs.ts';
import type { ScratchFolder } from '../programs/scratch.ts';
import { assertMaskFits } from './masks.ts';
import { type ImageTools, prepareImage, type Stretch } from './prepare-images.ts';
import {
  assertImage,
  inputExt,
  type NamedImage,
  type ImagePaths,
  inputImagesOf,
  type ImageUse,
} from './input-images.ts';

export interface ImageFetchOptions {
  readonly fetchInput: FetchInput;
  readonly images: ImageTools;
}

/** The images of a task, fetched. */
export interface FetchedImages {
  readonly bytes: ReadonlyMap<ImageUse, Uint8Array>;
  /** Puts them into a folder, under names that say what they are. */
  writeTo(folder: Pick<ScratchFolder, 'write'>): Promise<ImagePaths>;
}

/**
 * An image that cannot be fetched fails the job: without it, the result would be another one.
 *
 * @throws WorkerError as `FetchInput` | `task.mask-mismatch` | `task.invalid`; the signal's reason
 */
export async function fetchImages(
  task: TaskOf<'image'> | TaskOf<'video'>,
  { fetchInput, images, stretch }: ImageFetchOptions & { readonly stretch: Stretch | undefined },
  signal: AbortSignal,
): Promise<FetchedImages> {
  const named: readonly NamedImage[] = inputImagesOf(task);
  const fetched = named.map(async ({ use, what, url }) => [use, await fetchInput(what, url, signal)] as const);
  await Promise.allSettled(fetched); // none of them is still running when this returns
  const sent = new Map(await Promise.all(fetched));
  for (const { use, what } of named) assertImage(what, sent.get(use) ?? new Uint8Array());
  await assertMaskFits(sent, images);
  const bytes = new Map<ImageUse, Uint8Array>();
  // One after another, so that the pixels of one at a time are in memory.
  for (const [use, image] of sent) bytes.set(use, await prepareImage(use, image, { images, stretch }));
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
