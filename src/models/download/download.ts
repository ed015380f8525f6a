import { toWorkerError, WorkerError } from '../../base/errors.ts';
import { shownUrl } from '../../base/urls.ts';
import type { RemoteAnswer } from '../../system/net/remote/remote.ts';
import { type FileIdentity, type FileVersion, PartialFile } from './partial-file.ts';
import { readAnswer } from './range-answer.ts';
import { fetchMissing } from './ranges.ts';
import {
  CHECK_DISK_BYTES,
  crossesMultiple,
  type DownloadDeps,
  type Downloaded,
  type DownloadRequest,
  endedEarly,
  ensureWithinLimit,
  openDownload,
} from './request.ts';
import { Retries } from './retry.ts';

/** After this many starts from zero, one request for the whole file is the only way left. */
const MAX_RESTARTS = 2;

/**
 * Fetches a file into its part file. Resumes where an earlier attempt or process stopped, as long as the server still has
 * the same file; fetches several ranges at a time of large ones. What arrived stays on the disk after a failure.
 *
 * @throws WorkerError `url.refused` | `download.failed` | `download.missing` | `download.too-large` | `disk.full` |
 * `model.not-a-model`
 */
export async function download(request: DownloadRequest, deps: DownloadDeps): Promise<Downloaded> {
  const retries = new Retries(deps, request.signal);
  const part = await PartialFile.resume(deps, request.sidecars, identityOf(request));
  if (part !== undefined) {
    const done = await fetchMissing({ part, request, deps, retries });
    if (done !== undefined) return done;
    await retries.waitBeforeRestart(changed(request));
  }
  for (let restarts = 0; ; restarts++) {
    const answer = await retries.untilAnswered(() => requestFile(request, deps, restarts < MAX_RESTARTS));
    const done =
      answer.is === 'part'
        ? await fetchInRanges(answer, { request, deps, retries })
        : await fetchInOnePiece(answer, request, deps);
    if (done !== undefined && !(done instanceof WorkerError)) return done;
    await retries.waitBeforeRestart(done ?? changed(request));
  }
}

const changed = ({ url }: DownloadRequest): WorkerError =>
  new WorkerError('download.failed', `${shownUrl(url)} was another file with each request`);

const identityOf = ({ model, filename, url, sha256 }: DownloadRequest): FileIdentity => ({
  model,
  filename,
  url,
  sha256,
});

type FirstAnswer =
  | { readonly is: 'part'; readonly answer: RemoteAnswer; readonly version: FileVersion }
  | { readonly is: 'whole'; readonly answer: RemoteAnswer; readonly sizeBytes: number | undefined };

/** Requests all of it as a range: the answer says whether the server supports ranges, and how large the file is. */
async function requestFile(request: DownloadRequest, deps: DownloadDeps, ranged: boolean): Promise<FirstAnswer> {
  const answer = await openDownload(request, deps, ranged ? { range: 'bytes=0-' } : {});
  try {
    const read = readAnswer(answer, request, 0, deps.clock.now());
    if (read.is === 'whole' || (read.is === 'part' && ranged)) return { ...read, answer };
  } catch (thrown) {
    answer[Symbol.dispose]();
    throw thrown;
  }
  answer[Symbol.dispose]();
  if (ranged) return requestFile(request, deps, false);
  throw new WorkerError('download.failed', `${shownUrl(request.url)} answers with a range that was not requested`);
}

interface Download {
  readonly request: DownloadRequest;
  readonly deps: DownloadDeps;
  readonly retries: Retries;
}

async function fetchInRanges(
  { answer, version }: { readonly answer: RemoteAnswer; readonly version: FileVersion },
  { request, deps, retries }: Download,
): Promise<Downloaded | undefined> {
  using first = answer;
  ensureWithinLimit(request, version.sizeBytes);
  await request.ensureDiskSpace(version.sizeBytes);
  const part = await PartialFile.start(deps, request.sidecars, identityOf(request), {
    version,
    blockBytes: deps.policy.blockBytes,
  });
  return await fetchMissing({ part, request, deps, retries, first });
}

/** One request from start to end. A cut costs all of it; returns the failure when a retry may help. */
async function fetchInOnePiece(
  { answer, sizeBytes }: { readonly answer: RemoteAnswer; readonly sizeBytes: number | undefined },
  request: DownloadRequest,
  deps: DownloadDeps,
): Promise<Downloaded | WorkerError> {
  using whole = answer;
  ensureWithinLimit(request, sizeBytes ?? 0);
  await request.ensureDiskSpace(sizeBytes ?? 0);
  await deps.files.remove(request.sidecars.progress);
  const file = await deps.openPart(request.sidecars.part);
  try {
    await file.resize(0);
    const sha256 = deps.startSha256();
    let doneBytes = 0;
    for await (const chunk of whole.chunks) {
      ensureWithinLimit(request, doneBytes + chunk.byteLength);
      await file.write(doneBytes, [chunk]);
      sha256.add(chunk);
      const before = doneBytes;
      doneBytes += chunk.byteLength;
      if (crossesMultiple(before, doneBytes, CHECK_DISK_BYTES)) await request.ensureDiskSpace(0);
      request.onProgress(doneBytes, sizeBytes);
    }
    if (sizeBytes !== undefined && doneBytes !== sizeBytes) throw endedEarly(request.url, doneBytes, sizeBytes);
    return { file, sizeBytes: doneBytes, sha256: sha256.hex() };
  } catch (thrown) {
    await file.close();
    // It cannot be resumed, and a disk that ran full on it would stay full.
    await deps.files.remove(request.sidecars.part);
    if (request.signal.aborted) throw request.signal.reason;
    const error = toWorkerError(thrown);
    if (error.code !== 'download.failed') throw error;
    return error;
  }
}
