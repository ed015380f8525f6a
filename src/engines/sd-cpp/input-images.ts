import { WorkerError } from '../../base/errors.ts';
import { imageTypeOf, type ImageType, isMarkup } from '../../base/media/image-type.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';

/** What an image that a task names by URL is for. */
export type ImageUse = 'init' | 'mask' | 'ref';
/** The images of a task as files on this disk. */
export type ImagePaths = Readonly<Partial<Record<ImageUse, string>>>;

/** An image that a task names. */
export interface NamedImage {
  readonly use: ImageUse;
  /** For people. */
  readonly what: string;
  readonly url: string;
}

/** The images to fetch for a task: none that sd-cli would not use. An empty URL is none. */
export function inputImagesOf(task: TaskOf<'image'> | TaskOf<'video'>): readonly NamedImage[] {
  if (task.kind === 'video') return named('init', 'init image', task.initImageUrl);
  const ref = named('ref', 'reference image', task.refImageUrl);
  const init = ref.length > 0 ? [] : named('init', 'init image', task.initImageUrl);
  const base = [...ref, ...init];
  return base.length === 0 ? [] : [...base, ...named('mask', 'mask', task.maskUrl)];
}

const named = (use: ImageUse, what: string, url: string | undefined): readonly NamedImage[] =>
  url === undefined || url === '' ? [] : [{ use, what, url }];

/** What sd-cli writes by the name of its output; everything else becomes WebP. */
const WRITTEN: Readonly<Record<string, string>> = { png: 'png', jpg: 'jpg', jpeg: 'jpg', bmp: 'bmp' };

/** The extension of the result for the one that the task asks for. */
export const outputExt = (requested: string): string => WRITTEN[requested.trim().toLowerCase()] ?? 'webp';

/** What sd-cli calls the formats of another name. */
const EXT_OF: Readonly<Partial<Record<ImageType, string>>> = { jpeg: 'jpg', tiff: 'tif' };
const READ: ReadonlySet<string> = new Set(['png', 'jpg', 'webp', 'bmp', 'gif', 'tif']);

/** @throws WorkerError `task.invalid` for what is surely no image: nothing at all, a web page, an SVG */
export function assertImage(what: string, bytes: Uint8Array): void {
  if (bytes.byteLength > 0 && !isMarkup(bytes)) return;
  const because = isMarkup(bytes) ? 'it is a web page or an SVG' : 'it is empty';
  throw new WorkerError('task.invalid', `the ${what} is not an image that sd-cli can read: ${because}`, {
    hint: 'Create the job with the URL of a PNG, JPEG or WebP file that needs no login.',
  });
}

/**
 * The extension for a fetched image. sd-cli picks its decoder by it, and URLs of a studio lie about what is behind
 * them, so the content decides; the URL does where the content says nothing.
 */
export function inputExt(bytes: Uint8Array, url: string): string {
  const type = imageTypeOf(bytes);
  if (type !== undefined) return EXT_OF[type] ?? type;
  const ext = /\.(\w+)$/.exec(new URL(url).pathname)?.[1]?.toLowerCase() ?? '';
  return READ.has(ext) ? ext : 'webp';
}
