import { errorChain, toWorkerError, WorkerError } from '../../base/errors.ts';
import { exclusively } from '../../base/exclusive.ts';
import type { ModelId } from '../../base/ids.ts';
import { shownUrl } from '../../base/urls.ts';
import type { ModelFile } from '../../contract/model-source.ts';
import type { LockHolder } from '../../system/disk/lock.ts';
import { download } from '../download/download.ts';
import { checkModelFile } from '../headers/check.ts';
import { pathOf, type FilePlace } from './layout.ts';
import { type Sidecars, shortHash } from '../names.ts';
import type { FileProgress, ModelStoreOptions } from './options.ts';
import { type Receipt, readReceipt, writeReceipt } from './receipt.ts';
import { ensureDiskSpace } from '../download/disk-space.ts';

/** The reference worker's allowance: `approxBytes` is no promise. */
const APPROXIMATELY = 1.1;

export interface FileContext {
  readonly options: ModelStoreOptions;
  /** Files whose headers were found sound, as they looked then. */
  readonly sound: Map<string, string>;
}

interface Fetching extends FileContext {
  readonly signal: AbortSignal;
}

/** One file of one model. */
export interface Target {
  readonly place: FilePlace;
  readonly sidecars: Sidecars;
  readonly file: ModelFile;
  readonly model: ModelId;
  readonly sha256: string | undefined;
}

/**
 * Lower-case hex, trimmed, as the contract allows it to be written.
 *
 * @throws WorkerError `model.checksum-mismatch` for what no file can match
 */
export function digestOf({ sha256, filename }: ModelFile): string | undefined {
  const digest = sha256?.trim().toLowerCase();
  if (digest === undefined || digest === '') return undefined;
  if (/^[0-9a-f]{64}$/.test(digest)) return digest;
  throw new WorkerError(
    'model.checksum-mismatch',
    `the sha256 of ${filename} is not 64 hex digits: nothing can match it`,
    { hint: 'Correct `sha256` in the model source, or leave it out.' },
  );
}

/** Whether a file is there and can be what is asked for. Content is not hashed again: a receipt says what it was. */
export async function isSound(target: Target, { options, sound }: FileContext): Promise<boolean> {
  const path = pathOf(target.place);
  const { files, openPart, log } = options;
  const facts = await files.stat(path);
  if (facts === undefined || facts.isFolder) return false;
  const { onlySizeBytes } = target.place;
  if (onlySizeBytes !== undefined && onlySizeBytes !== facts.sizeBytes) return false;
  const receipt = await readReceipt(files, target.sidecars.receipt);
  if (receipt !== undefined && target.sha256 !== undefined && receipt.sha256 !== target.sha256) return false;
  const looks = `${facts.sizeBytes} ${facts.modifiedAt}`;
  if (sound.get(path) === looks) return true;
  const file = await openPart(path, 'read');
  try {
    await checkModelFile(
      { sizeBytes: facts.sizeBytes, read: (at, length) => file.read(at, length) },
      target.place.filename,
    );
    sound.set(path, looks);
    return true;
  } catch (thrown) {
    log.warn('model.unusable', { path, error: errorChain(thrown) });
    return false;
  } finally {
    await file.close();
  }
}

/** Fetches a file unless another process does, which is then waited for. */
export async function fetchAlone(
  target: Target,
  call: Fetching,
  report: (progress: FileProgress) => void,
): Promise<string> {
  const { options, signal } = call;
  const { files, clock, lock, log } = options;
  await files.makeDir(target.place.folder);
  const { filename } = target.place;
  const onTaken = ({ pid }: LockHolder, isFirst: boolean): void => {
    if (isFirst) log.info('model.awaited', { file: filename, pid });
    report({ filename, phase: 'wait', doneBytes: 0, totalBytes: undefined });
  };
  const lockFile = () => lock(target.sidecars.lock);
  return await exclusively({ lock: lockFile, clock, signal, onTaken }, async (waited) => {
    // Whoever held the lock before may have brought the file.
    if (!(waited && (await isSound(target, call)))) await fetchFile(target, call, report);
    return pathOf(target.place);
  });
}

async function fetchFile(target: Target, call: Fetching, report: (progress: FileProgress) => void): Promise<void> {
  const { options, signal } = call;
  const { files, clock, log } = options;
  const { file, sidecars, place, sha256 } = target;
  const { filename } = place;
  if (file.approxBytes !== undefined && file.approxBytes > 0) {
    const there = (await files.stat(sidecars.part))?.sizeBytes ?? 0;
    await ensureDiskSpace(options, Math.max(0, Number(file.approxBytes) * APPROXIMATELY - there));
  }
  log.info('model.fetch-started', { file: filename, model: target.model, url: shownUrl(file.url) });
  const since = clock.elapsed();
  try {
    const done = await download(
      {
        filename,
        url: file.url,
        sha256,
        sidecars,
        signal,
        onProgress: (doneBytes, totalBytes) => report({ filename, phase: 'download', doneBytes, totalBytes }),
        ensureDiskSpace: (moreBytes) => ensureDiskSpace(options, moreBytes),
      },
      { ...options, hash: shortHash(options.sha256) },
    );
    report({ filename, phase: 'verify', doneBytes: done.sizeBytes, totalBytes: done.sizeBytes });
    await publish(target, done, options);
    const durationMs = Math.round(clock.elapsed() - since);
    log.info('model.fetched', { file: filename, model: target.model, sizeBytes: done.sizeBytes, durationMs });
  } catch (thrown) {
    if (!signal.aborted) {
      const error = toWorkerError(thrown);
      log.warn('model.fetch-failed', {
        file: filename,
        model: target.model,
        code: error.code,
        error: errorChain(error),
      });
    }
    throw thrown;
  }
}

/** Moves what arrived into its place, once it is known to be what was asked for. What is not is deleted and named. */
async function publish(
  target: Target,
  { file, sizeBytes, sha256 }: Awaited<ReturnType<typeof download>>,
  options: ModelStoreOptions,
): Promise<void> {
  const { files, clock } = options;
  const { sidecars, place } = target;
  try {
    if (target.sha256 !== undefined && target.sha256 !== sha256) throw mismatch(target, sha256);
    await checkModelFile({ sizeBytes, read: (at, length) => file.read(at, length) }, place.filename);
    await file.sync();
  } catch (thrown) {
    await file.close();
    await files.remove(sidecars.part);
    await files.remove(sidecars.progress);
    throw thrown;
  }
  await file.close();
  const now = clock.now();
  const receipt: Receipt = {
    filename: place.filename,
    model: target.model,
    url: shownUrl(target.file.url),
    sizeBytes,
    sha256,
    fetchedAt: now,
    usedAt: now,
  };
  // The old receipt goes first: a file must never stand beside the receipt of another one.
  await files.remove(sidecars.receipt);
  await files.rename(sidecars.part, pathOf(place));
  await writeReceipt(files, sidecars.receipt, receipt);
  await files.remove(sidecars.progress);
}

const mismatch = ({ place, file, sha256 }: Target, actual: string): WorkerError =>
  new WorkerError(
    'model.checksum-mismatch',
    `${place.filename} has the sha256 ${actual} and should have ${sha256}; it was deleted`,
    { hint: `Correct \`sha256\` in the model source, or what lies at ${shownUrl(file.url)}.` },
  );
