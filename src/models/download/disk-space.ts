import { WorkerError } from '../../base/errors.ts';
import { formatDiskSpace } from '../../base/units.ts';
import type { Files } from '../../system/disk/files.ts';

/** The disk to check, and how. */
export interface DiskSpaceOptions {
  /** A folder on the disk that is meant. */
  readonly root: string;
  readonly files: Pick<Files, 'freeBytes'>;
  /** What must stay free on it (`disk_floor_gb`). */
  readonly diskFloorBytes: () => number;
}

/**
 * Makes sure that this many more bytes fit on the disk and leave its minimum free. Where the system does not report
 * free space, the failing write is what reports a full disk.
 *
 * @throws WorkerError `disk.full`
 */
export async function ensureDiskSpace(
  { root, files, diskFloorBytes }: DiskSpaceOptions,
  moreBytes: number,
): Promise<void> {
  const freeBytes = await files.freeBytes(root).catch(() => undefined);
  const floorBytes = diskFloorBytes();
  if (freeBytes === undefined || freeBytes - moreBytes >= floorBytes) return;
  const needs = moreBytes > 0 ? `needs ${formatDiskSpace(Math.ceil(moreBytes))} more; ` : '';
  throw new WorkerError(
    'disk.full',
    `${needs}${formatDiskSpace(freeBytes)} free at ${root}, of which ${formatDiskSpace(floorBytes)} are reserved (disk_floor_gb)`,
    {
      hint: 'Run `studio-worker models gc`, free some space, or lower `disk_floor_gb`.',
      fields: { moreBytes, freeBytes, floorBytes },
    },
  );
}
