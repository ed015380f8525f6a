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

/** How a picture is written for the extension that a task asks for: a WebP that says it is one where it is not known. */
export function pictureFormat(asked: string): { readonly ext: string; readonly format: ImageFormat } {
  const ext = asked.toLowerCase();
  const format = FORMATS.get(ext);
  return format === undefined ? { ext: 'webp', format: 'webp' } : { ext, format };
}
