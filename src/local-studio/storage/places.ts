import { errorChain, WorkerError } from '../../base/errors.ts';
import type { Clock } from '../../system/clock.ts';
import type { OpenPostgres } from '../../system/database/postgres.ts';
import type { DataFolder, OpenDataFolder } from '../../system/disk/data-folder.ts';
import type { RunningSha256 } from '../../system/disk/digest.ts';
import type { BucketOptions } from '../../system/net/objects/bucket-options.ts';
import type { OpenBucket } from '../../system/net/objects/object-store.ts';
import type { Random } from '../../system/random.ts';
import type { ArtifactStore } from './artifacts.ts';
import { openBucketArtifacts } from './bucket-artifacts.ts';
import { openDiskArtifacts } from './disk-artifacts.ts';

/** A bucket of an S3-compatible store. */
export interface ArtifactPlace extends Pick<BucketOptions, 'bucket' | 'endpoint' | 'region' | 'credentials'> {
  /** As in `BucketArtifactsParts`. */
  readonly prefix: string;
  /** Whether `endpoint` is where those who ask for artifacts reach the store, too. */
  readonly redirects: boolean;
}

/** Where a studio keeps what it knows. */
export interface StudioPlace {
  /** A folder of this process alone, created when missing. */
  readonly dataDir: string;
  /** A PostgreSQL database that other studios may share, instead of a file in the folder. May hold a password. */
  readonly database?: string | undefined;
  /** A bucket for artifacts, instead of a folder. */
  readonly artifactStore?: ArtifactPlace | undefined;
  /** The operator token that all studios on one database have, instead of a file in the folder. */
  readonly operatorToken?: string | undefined;
}

/** What opening the data takes of the outside world. */
export interface StudioDataEffects {
  readonly openDataFolder: OpenDataFolder;
  readonly openPostgres: OpenPostgres;
  readonly openBucket: OpenBucket;
  readonly clock: Pick<Clock, 'after' | 'elapsed' | 'now'>;
  readonly startSha256: () => RunningSha256;
  readonly random: Pick<Random, 'hex'>;
}

export const ARTIFACTS = 'artifacts';

/** Opens the bucket of the place, or the folder where it names none. */
export async function openArtifacts(
  { artifactStore }: StudioPlace,
  folder: DataFolder,
  effects: StudioDataEffects,
): Promise<ArtifactStore> {
  const { startSha256, random } = effects;
  if (artifactStore === undefined) {
    return openDiskArtifacts(await usableFolder(folder.pathOf(ARTIFACTS), effects.openDataFolder), startSha256);
  }
  const { bucket, prefix, redirects } = artifactStore;
  return openBucketArtifacts({
    bucket: effects.openBucket(artifactStore, effects.clock),
    shownUrl: `s3://${bucket}/${prefix}`,
    prefix,
    redirects,
    random,
    startSha256,
  });
}

/** @throws WorkerError `folder.unusable` */
export async function usableFolder(path: string, open: OpenDataFolder): Promise<DataFolder> {
  try {
    return await open(path);
  } catch (thrown) {
    throw new WorkerError('folder.unusable', `cannot write in ${path}: ${errorChain(thrown)}`, {
      cause: thrown,
      hint: 'Make the folder writable for this account, or name another one with `--data`.',
    });
  }
}
