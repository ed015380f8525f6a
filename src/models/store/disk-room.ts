import { WorkerError } from '../../base/errors.ts';
import { formatBytes } from '../../base/units.ts';
import type { ModelStoreOptions } from './options.ts';

/**
 * Makes sure that the disk takes so many more bytes and keeps its floor. A system that does not say how much is free is
 * taken at its word when a write fails.
 *
 * @throws WorkerError `disk.full`
 */
export async function ensureRoom(
  { root, files, diskFloorBytes }: Pick<ModelStoreOptions, 'root' | 'files' | 'diskFloorBytes'>,
  moreBytes: number,
): Promise<void> {
  const freeBytes = await files.freeBytes(root).catch(() => undefined);
  const floorBytes = diskFloorBytes();
  if (freeBytes === undefined || freeBytes - moreBytes >= floorBytes) return;
  const needs = moreBytes > 0 ? `${formatBytes(Math.ceil(moreBytes))} more are needed, ` : '';
  throw new WorkerError(
    'disk.full',
    `${needs}${formatBytes(freeBytes)} are free at ${root}, and ${formatBytes(floorBytes)} of them are to stay free`,
    {
      hint: 'Run `studio-worker models gc`, free some space, or lower `disk_floor_gb`.',
      fields: { moreBytes, freeBytes, floorBytes },
    },
  );
}
