import { MIB, MINUTE_MS } from '../../base/units.ts';
import { shownUrl } from '../../base/urls.ts';
import type { Images } from '../../system/native/images.ts';
import type { TaskResult } from '../result.ts';
import { imageFormat } from '../media/image-formats.ts';
import { appFailed, type GradioApp, isObject, type AppAccess, readApp } from './app.ts';

/** Where the image is that an endpoint returned. */
type ImageLocation =
  { readonly is: 'inline'; readonly bytes: Uint8Array } | { readonly is: 'file'; readonly url: string };

const MAX_IMAGE_BYTES = 256 * MIB;
const FETCH_MS = 2 * MINUTE_MS;
/** A gallery is a list of objects that hold a file. */
const MAX_DEPTH = 4;

/**
 * The first image of a result, in the format that the task asks for. It is fetched from the app and from nowhere else.
 *
 * @throws WorkerError `engine.failed` when there is none; the signal's reason
 */
export async function imageOf(
  outputs: readonly unknown[],
  app: GradioApp,
  { access, images, ext: requested }: { readonly access: AppAccess; readonly images: ImageTools; readonly ext: string },
): Promise<TaskResult> {
  const location = firstOf(outputs, app, MAX_DEPTH);
  if (location === undefined) throw appFailed('the Gradio app returned no image');
  const bytes = location.is === 'inline' ? location.bytes : await fetched(location.url, access);
  const { ext, format } = imageFormat(requested);
  try {
    const facts = await images.probe(bytes);
    if (facts.format === format && facts.pages === 1 && facts.isUpright) return { is: 'artifact', bytes, ext };
    return { is: 'artifact', bytes: await images.convert(bytes, { format }), ext };
  } catch (thrown) {
    throw appFailed('the Gradio app returned an image that cannot be read', thrown);
  }
}

/** What images are read and written with. */
export type ImageTools = Pick<Images, 'probe' | 'convert'>;

const fetched = (url: string, access: AppAccess): Promise<Uint8Array> =>
  readApp(url, { ...access, limitMs: FETCH_MS, maxBytes: MAX_IMAGE_BYTES });

function firstOf(value: unknown, app: GradioApp, depth: number): ImageLocation | undefined {
  if (typeof value === 'string') return inline(value);
  if (depth === 0 || typeof value !== 'object' || value === null) return undefined;
  const file = isObject(value) ? fileOf(value, app) : undefined;
  if (file !== undefined) return { is: 'file', url: file };
  for (const part of Object.values(value)) {
    const location = firstOf(part, app, depth - 1);
    if (location !== undefined) return location;
  }
  return undefined;
}

/** `data:` URLs (RFC 2397), as apps of Gradio 3 returned images and some still do. */
function inline(text: string): ImageLocation | undefined {
  const [, base64] = /^data:image\/[\w.+-]+;base64,([\w+/=]+)$/.exec(text) ?? [];
  return base64 === undefined ? undefined : { is: 'inline', bytes: Uint8Array.fromBase64(base64) };
}

/** A file of Gradio has a path on the app's disk, and the address at which the app shows it. */
function fileOf({ url, path }: Readonly<Record<string, unknown>>, { base, apiPrefix }: GradioApp): string | undefined {
  const shown = typeof url === 'string' ? URL.parse(url, base) : null;
  if (shown?.origin === new URL(base).origin) return shown.href;
  // Behind a proxy an app may not know its own address; its route for files is known.
  if (typeof path === 'string') return `${base}${apiPrefix}/file=${path.split('/').map(encodeURIComponent).join('/')}`;
  if (shown !== null)
    throw appFailed(`the image is not served by the Gradio app itself, but from ${shownUrl(shown.href)}`);
  return undefined;
}
