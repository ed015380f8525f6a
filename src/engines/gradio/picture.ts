import { MIB, MINUTE_MS } from '../../base/units.ts';
import { shownUrl } from '../../base/urls.ts';
import type { Images } from '../../system/native/images.ts';
import type { TaskResult } from '../engine.ts';
import { imageFormat } from '../media/image-formats.ts';
import { failed, type GradioApp, isObject, type Line, readApp } from './app.ts';

/** Where the picture is that an endpoint gave back. */
type Place = { readonly is: 'inline'; readonly bytes: Uint8Array } | { readonly is: 'file'; readonly url: string };

const MOST_PICTURE_BYTES = 256 * MIB;
const PICTURE_MS = 2 * MINUTE_MS;
/** A gallery is a list of objects that hold a file. */
const DEEPEST = 4;

/**
 * The first picture of a result, in the format that was asked for. It is fetched from the app and from nowhere else.
 *
 * @throws WorkerError `engine.failed` when there is none; the signal's reason
 */
export async function pictureOf(
  outputs: readonly unknown[],
  app: GradioApp,
  { line, images, ext: asked }: { readonly line: Line; readonly images: PictureTools; readonly ext: string },
): Promise<TaskResult> {
  const place = firstOf(outputs, app, DEEPEST);
  if (place === undefined) throw failed('the Gradio app gave back no picture');
  const bytes = place.is === 'inline' ? place.bytes : await fetched(place.url, line);
  const { ext, format } = imageFormat(asked);
  try {
    const facts = await images.probe(bytes);
    if (facts.format === format && facts.pages === 1) return { is: 'artifact', bytes, ext };
    return { is: 'artifact', bytes: await images.encode({ ...(await images.decode(bytes)), format }), ext };
  } catch (thrown) {
    throw failed('what the Gradio app gave back is no picture that can be read', thrown);
  }
}

export type PictureTools = Pick<Images, 'probe' | 'decode' | 'encode'>;

const fetched = (url: string, line: Line): Promise<Uint8Array> =>
  readApp(url, { ...line, limitMs: PICTURE_MS, mostBytes: MOST_PICTURE_BYTES });

function firstOf(value: unknown, app: GradioApp, depth: number): Place | undefined {
  if (typeof value === 'string') return inline(value);
  if (depth === 0 || typeof value !== 'object' || value === null) return undefined;
  const file = isObject(value) ? fileOf(value, app) : undefined;
  if (file !== undefined) return { is: 'file', url: file };
  for (const part of Object.values(value)) {
    const place = firstOf(part, app, depth - 1);
    if (place !== undefined) return place;
  }
  return undefined;
}

/** `data:` URLs (RFC 2397), as apps of Gradio 3 gave pictures back and some still do. */
function inline(text: string): Place | undefined {
  const [, base64] = /^data:image\/[\w.+-]+;base64,([\w+/=]+)$/.exec(text) ?? [];
  return base64 === undefined ? undefined : { is: 'inline', bytes: Uint8Array.fromBase64(base64) };
}

/** A file of Gradio has a path on the app's disk, and the address at which the app shows it. */
function fileOf({ url, path }: Readonly<Record<string, unknown>>, { base, apiPrefix }: GradioApp): string | undefined {
  const shown = typeof url === 'string' ? URL.parse(url, base) : null;
  if (shown?.origin === new URL(base).origin) return shown.href;
  // Behind a proxy an app may not know its own address; its route for files is known.
  if (typeof path === 'string') return `${base}${apiPrefix}/file=${path.split('/').map(encodeURIComponent).join('/')}`;
  if (shown !== null) throw failed(`the picture is not kept by the Gradio app, but at ${shownUrl(shown.href)}`);
  return undefined;
}
