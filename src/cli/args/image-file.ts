import { WorkerError } from '../../base/errors.ts';
import { formatBytes } from '../../base/units.ts';
import type { World } from '../world.ts';

/** First bytes of the formats that every engine reads; `at` is where they stand. */
const FORMATS: readonly (readonly [type: string, at: number, magic: string])[] = [
  ['png', 0, '\x89PNG\r\n\x1A\n'],
  ['jpeg', 0, '\xFF\xD8\xFF'],
  ['webp', 8, 'WEBP'],
];

/**
 * Images that the operator named, as `data:` URLs: they travel inside the task.
 *
 * @throws WorkerError `cli.usage` naming the argument when one cannot be read, is too large, or is no image, or when all
 *   of them are too large for one job
 */
export async function readImageFiles(
  argument: string,
  paths: readonly string[],
  world: Pick<World, 'readBytes' | 'operatorApi'>,
): Promise<readonly string[]> {
  const { MAX_IMAGE_BYTES, MAX_INLINE_IMAGE_BYTES: maxBytes } = await world.operatorApi();
  const urls: string[] = [];
  let sumBytes = 0;
  for (const path of paths) {
    const bytes = await readImage(argument, path, { maxBytes: MAX_IMAGE_BYTES, world });
    sumBytes += bytes.byteLength;
    if (sumBytes > maxBytes) {
      throw new WorkerError('cli.usage', `${argument}: the images are larger than ${formatBytes(maxBytes)} together`, {
        hint: 'Name them by URL instead, as `images` of a task in a JSON file: `--file task.json`.',
      });
    }
    urls.push(`data:image/${typeOf(argument, path, bytes)};base64,${bytes.toBase64()}`);
  }
  return urls;
}

async function readImage(
  argument: string,
  path: string,
  { maxBytes, world }: { readonly maxBytes: number; readonly world: Pick<World, 'readBytes'> },
): Promise<Uint8Array> {
  const bytes = await world.readBytes(path, maxBytes).catch((thrown: unknown) => {
    if (!(thrown instanceof Error)) throw thrown;
    throw new WorkerError('cli.usage', `${argument}: ${thrown.message}`, { cause: thrown });
  });
  if (bytes === undefined) throw new WorkerError('cli.usage', `${argument}: ${path} does not exist`);
  return bytes;
}

function typeOf(argument: string, path: string, bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 12));
  const [type] = FORMATS.find(([, at, magic]) => start.startsWith(magic, at)) ?? [];
  if (type === undefined) throw new WorkerError('cli.usage', `${argument}: ${path} is no PNG, JPEG or WebP image`);
  return type;
}
