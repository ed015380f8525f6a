import { errorChain, toWorkerError, WorkerError } from '../../base/errors.ts';
import { exclusively } from '../../base/exclusive.ts';
import { quoted } from '../../base/foreign-text.ts';
import { MIB } from '../../base/units.ts';
import { shownUrl } from '../../base/urls.ts';
import type { ModelFile } from '../../contract/model-source.ts';
import type { LockHolder } from '../../system/disk/lock.ts';
import { ensureDiskSpace } from '../download/disk-space.ts';
import { download } from '../download/download.ts';
import { PROGRAMS_FOLDER, shortHash } from '../names.ts';
import type { FileCheck } from './file-check.ts';
import { removeEmptyFolder } from './gc.ts';
import { pathOf } from './layout.ts';
import type { FileProgress, ModelStoreOptions } from './options.ts';
import { publish } from './publish.ts';
import type { FileTarget } from './target.ts';

/** `approxBytes` is no promise; the reference worker allows a tenth more, too. */
const APPROX_MARGIN = 1.1;
/** Sources are written by hand and rounded, so a file may be this many times as large as its source says. */
const MAX_APPROX_RATIO = 4;
/** What the source of a small file says is often no more than a guess. */
const MIN_LIMIT_BYTES = 16 * MIB;

/** What fetching a file works with. */
export interface Fetching {
  readonly options: ModelStoreOptions;
  readonly check: FileCheck;
  readonly signal: AbortSignal;
  readonly report: (progress: FileProgress) => void;
}

/** Fetches a file and returns its path. While another process fetches it, that one is waited for. */
export async function fetchExclusively(target: FileTarget, fetching: Fetching): Promise<string> {
  const { signal, report, check } = fetching;
  const { files, clock, lock, log } = fetching.options;
  await files.makeDir(target.place.folder);
  await assertHoldsNoPrograms(target, fetching.options);
  const { filename } = target.place;
  const onTaken = ({ pid }: LockHolder, isFirst: boolean): void => {
    if (isFirst) log.info('model.awaited', { file: filename, pid });
    report({ filename, phase: 'wait', doneBytes: 0, totalBytes: undefined });
  };
  const lockFile = () => lock(target.sidecars.lock);
  try {
    return await exclusively({ lock: lockFile, clock, signal, onTaken }, async (waited) => {
      // Whoever held the lock before may have brought the file.
      if (!(waited && (await check.isUsable(target)))) await fetchLogged(target, fetching);
      return pathOf(target.place);
    });
  } finally {
    await removeEmptyFolder(target.place.folder, fetching.options); // nothing came: an offer leaves nothing behind
  }
}

/** Asked of the disk itself, whatever names it takes for one: a link, a short form, a case that does not count. */
async function assertHoldsNoPrograms({ place, model }: FileTarget, { files, root }: ModelStoreOptions): Promise<void> {
  if (!(await files.isSamePlace(place.folder, `${root}/${PROGRAMS_FOLDER}`))) return;
  throw new WorkerError('model.filename-unsafe', `the folder of model ${quoted(model)} is the one of programs`, {
    hint: `Give the model another id, or remove the link from ${place.folder}.`,
  });
}

async function fetchLogged(target: FileTarget, fetching: Fetching): Promise<void> {
  await ensureApproxFits(target, fetching.options);
  const { clock, log } = fetching.options;
  const about = { file: target.place.filename, model: target.model };
  log.info('model.fetch-started', { ...about, url: shownUrl(target.file.url) });
  const since = clock.elapsed();
  try {
    const sizeBytes = await fetchFile(target, fetching);
    log.info('model.fetched', { ...about, sizeBytes, durationMs: Math.round(clock.elapsed() - since) });
  } catch (thrown) {
    if (!fetching.signal.aborted) {
      const error = toWorkerError(thrown);
      log.warn('model.fetch-failed', { ...about, code: error.code, error: errorChain(error) });
    }
    throw thrown;
  }
}

/** @throws WorkerError `disk.full` before a request is made for a file that is too large by its source's own account */
async function ensureApproxFits({ file, sidecars }: FileTarget, options: ModelStoreOptions): Promise<void> {
  if (file.approxBytes === undefined || file.approxBytes <= 0) return;
  const partialBytes = (await options.files.stat(sidecars.part))?.sizeBytes ?? 0;
  await ensureDiskSpace(options, Math.max(0, Number(file.approxBytes) * APPROX_MARGIN - partialBytes));
}

/** The most that is taken from a server for a file. */
function maxBytesOf({ approxBytes = 0n }: ModelFile, { maxFileBytes }: ModelStoreOptions): number {
  if (approxBytes <= 0) return maxFileBytes;
  return Math.min(Math.max(Number(approxBytes) * MAX_APPROX_RATIO, MIN_LIMIT_BYTES), maxFileBytes);
}

/** Downloads, verifies and publishes. Returns the size in bytes. */
async function fetchFile(target: FileTarget, { options, signal, report }: Fetching): Promise<number> {
  const { file, sidecars, sha256, place } = target;
  const { filename } = place;
  const downloaded = await download(
    {
      model: target.model,
      filename,
      url: file.url,
      sha256,
      maxBytes: maxBytesOf(file, options),
      sidecars,
      signal,
      onProgress: (doneBytes, totalBytes) => report({ filename, phase: 'download', doneBytes, totalBytes }),
      ensureDiskSpace: (moreBytes) => ensureDiskSpace(options, moreBytes),
    },
    { ...options, hash: shortHash(options.sha256) },
  );
  const { sizeBytes } = downloaded;
  report({ filename, phase: 'verify', doneBytes: sizeBytes, totalBytes: sizeBytes });
  await publish(target, downloaded, options);
  return sizeBytes;
}
