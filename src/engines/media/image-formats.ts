import type { ImageFormat } from '../../system/native/images.ts';

const FORMATS: ReadonlyMap<string, ImageFormat> = new Map([
  ['webp', 'webp'],
  ['png', 'png'],
  ['jpg', 'jpeg'],
  ['jpeg', 'jpeg'],
  ['gif', 'gif'],
  ['tif', 'tiff'],
  ['tiff', 'tiff'],
]);

/** How an image is written for the extension that a task asks for: as WebP where it is not known. */
export function imageFormat(asked: string): { readonly ext: string; readonly format: ImageFormat } {
  const ext = asked.toLowerCase();
  const format = FORMATS.get(ext);
  return format === undefined ? { ext: 'webp', format: 'webp' } : { ext, format };
}
