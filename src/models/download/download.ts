import { toWorkerError, WorkerError } from '../../base/errors.ts';
import { shownUrl } from '../../base/urls.ts';
import type { RemoteAnswer } from '../../system/net/remote.ts';
import { readAnswer } from './range-answer.ts';
import { fill } from './ranges.ts';
import { type FileIdentity, PartialFile, type FileVersion } from './partial-file.ts';
import { Retries } from './retry.ts';
import {
  crosses,
  type DownloadDeps,
  type Downloaded,
  endedEarly,
  CHECK_DISK_BYTES,
  open,
  type DownloadRequest,
} from './request.ts';

/** After so many starts from nothing, one line from start to end is the only way left. */
const MOST_RESTARTS = 2;

/**
 * Fetches a file into its part file. Goes on where an earlier try or process stopped, as long as the server still has the
 * same file; several ranges at a time for large ones. What arrived stays on the disk when it fails.
 *
 * @throws WorkerError `url.refused` | `download.failed` | `download.missing` | `download.too-large` | `disk.full` |
 * `model.not-a-model`
 */
export async function download(request: DownloadRequest, deps: DownloadDeps): Promise<Downloaded> {
  const retries = new Retries(deps, request.signal);
  const left = await PartialFile.resume(deps, request.sidecars, identityOf(request));
  if (left !== undefined) {
    const done = await fill({ part: left, request, deps, retries });
    if (done !== undefined) return done;
  }
  for (let restarts = 0; ; restarts++) {
    const answer = await retries.untilAnswered(() => contact(request, deps, restarts < MOST_RESTARTS));
    const done =
      answer.is === 'part' ? await inRanges(answer, { request, deps, retries }) : await whole(answer, request, deps);
    if (done instanceof WorkerError) await retries.again(done, false);
    else if (done !== undefined) return done;
  }
}

const identityOf = ({ filename, url, sha256 }: DownloadRequest): FileIdentity => ({ filename, url, sha256 });

type FirstAnswer =
  | { readonly is: 'part'; readonly answer: RemoteAnswer; readonly version: FileVersion }
  | { readonly is: 'whole'; readonly answer: RemoteAnswer; readonly sizeBytes: number | undefined };

/** Asks for all of it as a range: the answer says whether the server knows ranges, and how large the file is. */
async function contact(request: DownloadRequest, deps: DownloadDeps, ranged: boolean): Promise<FirstAnswer> {
  const answer = await open(request, deps, ranged ? { range: 'bytes=0-' } : {});
  try {
    const read = readAnswer(answer, request.url, 0, deps.clock.now());
    if (read.is !== 'no-range') return { ...read, answer };
  } catch (thrown) {
    answer[Symbol.dispose]();
    throw thrown;
  }
  answer[Symbol.dispose]();
  if (ranged) return contact(request, deps, false);
  throw new WorkerError('download.failed', `${shownUrl(request.url)} answers with a range nobody asked for`);
}

async function inRanges(
  { answer, version }: { readonly answer: RemoteAnswer; readonly version: FileVersion },
  {
    request,
    deps,
    retries,
  }: { readonly request: DownloadRequest; readonly deps: DownloadDeps; readonly retries: Retries },
): Promise<Downloaded | undefined> {
  using line = answer;
  await request.ensureDiskSpace(version.sizeBytes);
  const part = await PartialFile.start(deps, request.sidecars, identityOf(request), {
    version,
    blockBytes: deps.policy.blockBytes,
  });
  return await fill({ part, request, deps, retries, first: line });
}

/** One line from start to end. A cut costs all of it; gives the failure when another try may help. */
async function whole(
  { answer, sizeBytes }: { readonly answer: RemoteAnswer; readonly sizeBytes: number | undefined },
  request: DownloadRequest,
  deps: DownloadDeps,
): Promise<Downloaded | WorkerError> {
  using line = answer;
  await request.ensureDiskSpace(sizeBytes ?? 0);
  await deps.files.remove(request.sidecars.progress);
  const file = await deps.openPart(request.sidecars.part);
  try {
    await file.resize(0);
    const sha256 = deps.startSha256();
    let doneBytes = 0;
    for await (const chunk of line.chunks) {
      await file.write(doneBytes, chunk);
      sha256.add(chunk);
      const before = doneBytes;
      doneBytes += chunk.byteLength;
      if (crosses(before, doneBytes, CHECK_DISK_BYTES)) await request.ensureDiskSpace(0);
      request.onProgress(doneBytes, sizeBytes);
    }
    if (sizeBytes !== undefined && doneBytes !== sizeBytes) throw endedEarly(request.url, doneBytes, sizeBytes);
    return { file, sizeBytes: doneBytes, sha256: sha256.hex() };
  } catch (thrown) {
    await file.close();
    // Nothing could go on from it, and a disk that ran full on it would stay full.
    await deps.files.remove(request.sidecars.part);
    if (request.signal.aborted) throw request.signal.reason;
    const error = toWorkerError(thrown);
    if (error.code !== 'download.failed') throw error;
    return error;
  }
}
