import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { Files } from '../../system/disk/files.ts';
import type { Lock } from '../../system/disk/lock.ts';
import type { Sha256 } from '../../system/disk/digest.ts';
import type { DownloadDeps } from '../download/request.ts';

/** What a model store is made of. */
export interface ModelStoreOptions extends Pick<
  DownloadDeps,
  'openPart' | 'crc32' | 'remote' | 'startSha256' | 'followFile' | 'policy'
> {
  /** The folder models are kept in. */
  readonly root: string;
  readonly files: Files;
  readonly sha256: Sha256;
  readonly clock: Clock;
  readonly log: Logger;
  /** Takes a lock that the system drops with the process. */
  readonly lock: (path: string) => Promise<Lock>;
  readonly pid: number;
  /** What must stay free on the disk (`disk_floor_gb`). */
  readonly diskFloorBytes: () => number;
  /** What one file may have: no model that this machine could run is larger. */
  readonly maxFileBytes: number;
  /** What all models together may take (`models_max_gb`); undefined for no limit but the disk. */
  readonly maxBytes: () => number | undefined;
}

/** How far one file of a model has come. */
export interface FileProgress {
  readonly filename: string;
  /** `wait`: another process fetches it. `ready`: it can be used. */
  readonly phase: 'wait' | 'download' | 'verify' | 'ready';
  readonly doneBytes: number;
  /** Undefined while it is unknown. */
  readonly totalBytes: number | undefined;
}
