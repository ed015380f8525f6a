import { WorkerError } from '../../base/errors.ts';
import { formatBytes, KIB, MIB, SECOND_MS } from '../../base/units.ts';
import { shownUrl } from '../../base/urls.ts';
import type { Clock } from '../../system/clock.ts';
import type { RunningSha256 } from '../../system/disk/digest.ts';
import type { FollowFile } from '../../system/disk/file-digest.ts';
import type { PartFile } from '../../system/disk/sparse-file.ts';
import type { Remote, RemoteAnswer } from '../../system/net/remote/remote.ts';
import type { Sidecars } from '../names.ts';
import type { PartialFileDeps } from './partial-file.ts';

/** How files are fetched. */
export interface DownloadPolicy {
  /** Ranges fetched at a time. */
  readonly maxRanges: number;
  /** Files up to this size come in one range. */
  readonly parallelFromBytes: number;
  /** Files from this size on are hashed in a thread of their own. */
  readonly threadFromBytes: number;
  /** What a kill costs at most, for each range. */
  readonly blockBytes: number;
  /** Maximum blocks of one range. */
  readonly blocksPerRange: number;
  /** A range that receives no byte for this long is cut and retried. */
  readonly stallMs: number;
  /** Pause after the first attempt in a row that made no progress; doubles with each. */
  readonly retryMs: number;
  /** Attempts in a row that may make no progress, and starts from nothing, before the download fails. */
  readonly maxTries: number;
  /** Fewer bytes of one attempt are no progress: a host could hold a download for ever by sending one at a time. */
  readonly minProgressBytes: number;
}

/** For models of gigabytes over home connections: eight ranges saturate one, and a kill costs at most 64 MiB. */
export const DOWNLOAD_POLICY: DownloadPolicy = {
  maxRanges: 8,
  parallelFromBytes: 64 * MIB,
  threadFromBytes: 64 * MIB,
  blockBytes: 8 * MIB,
  blocksPerRange: 8,
  stallMs: 30 * SECOND_MS,
  retryMs: SECOND_MS,
  maxTries: 5,
  minProgressBytes: 16 * KIB,
};

/** What a download is made of. */
export interface DownloadDeps extends PartialFileDeps {
  readonly remote: Remote;
  readonly clock: Clock;
  readonly startSha256: () => RunningSha256;
  readonly followFile: FollowFile;
  readonly policy: DownloadPolicy;
}

/** One file to fetch. */
export interface DownloadRequest {
  /** Whose file it is, so that an abandoned download can be listed with its model. */
  readonly model?: string | undefined;
  readonly filename: string;
  readonly url: string;
  /** Lower-case hex, when the source names it. */
  readonly sha256: string | undefined;
  /** The limit on a file's size, whatever length the server claims. */
  readonly maxBytes: number;
  readonly sidecars: Sidecars;
  readonly signal: AbortSignal;
  /** How much has arrived, and of how much; the total is undefined while the server does not report it. */
  readonly onProgress: (doneBytes: number, totalBytes: number | undefined) => void;
  /**
   * Makes sure that this many more bytes fit on the disk. Called before and during the download.
   *
   * @throws WorkerError `disk.full`
   */
  readonly ensureDiskSpace: (moreBytes: number) => Promise<void>;
}

/** All bytes are in the part file, which is open; its receiver closes it. */
export interface Downloaded {
  readonly file: PartFile;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** One HTTP request for the file, or for a range of it. */
export const openDownload = (
  { url, signal }: Pick<DownloadRequest, 'url' | 'signal'>,
  { remote, policy }: DownloadDeps,
  headers: Readonly<Record<string, string>>,
): Promise<RemoteAnswer> => remote.open({ what: 'model', url, headers, stallMs: policy.stallMs, signal });

/** @throws WorkerError `download.too-large` when a file has more bytes than its request takes */
export function ensureWithinLimit({ url, maxBytes }: DownloadRequest, sizeBytes: number): void {
  if (sizeBytes <= maxBytes) return;
  throw new WorkerError('download.too-large', `${shownUrl(url)} has more than ${formatBytes(maxBytes)}`, {
    hint: 'Correct `approxBytes` or the URL in the model source: no file that it describes is so large.',
    fields: { sizeBytes, maxBytes },
  });
}

/** How often a long download checks the free disk space. */
export const CHECK_DISK_BYTES = 64 * MIB;

/** A body that ended before its length was reached. */
export const endedEarly = (url: string, doneBytes: number, sizeBytes: number): WorkerError =>
  new WorkerError('download.failed', `${shownUrl(url)} ended after ${doneBytes} of ${sizeBytes} bytes`);

/** Whether a count passed a multiple of `step` on its way. */
export const crossesMultiple = (before: number, after: number, step: number): boolean =>
  Math.floor(before / step) !== Math.floor(after / step);
