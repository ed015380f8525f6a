import { WorkerError } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import type { World } from '../world.ts';

/** In base64 a third more, which a studio still takes as one request. */
const MAX_BYTES = 16 * MIB;

/** First bytes of the formats that every engine reads; `at` is where they stand. */
const FORMATS: readonly (readonly [type: string, at: number, magic: string])[] = [
  ['png', 0, '\x89PNG\r\n\x1A\n'],
  ['jpeg', 0, '\xFF\xD8\xFF'],
  ['webp', 8, 'WEBP'],
];

/**
 * An image that the operator named, as a `data:` URL: it travels inside the task.
 *
 * @throws WorkerError `cli.usage` naming the argument when it cannot be read, is too large, or is no image
 */
export async function readImageFile(argument: string, path: string, world: Pick<World, 'readBytes'>): Promise<string> {
  const bytes = await world.readBytes(path, MAX_BYTES).catch((thrown: unknown) => {
    if (!(thrown instanceof Error)) throw thrown;
    throw new WorkerError('cli.usage', `${argument}: ${thrown.message}`, { cause: thrown });
  });
  if (bytes === undefined) throw new WorkerError('cli.usage', `${argument}: ${path} does not exist`);
  const start = String.fromCharCode(...bytes.subarray(0, 12));
  const [type] = FORMATS.find(([, at, magic]) => start.startsWith(magic, at)) ?? [];
  if (type === undefined) throw new WorkerError('cli.usage', `${argument}: ${path} is no PNG, JPEG or WebP image`);
  return `data:image/${type};base64,${bytes.toBase64()}`;
}
