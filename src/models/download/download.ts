import { toWorkerError, WorkerError } from '../../base/errors.ts';
import { shownUrl } from '../../base/urls.ts';
import type { RemoteAnswer } from '../../system/net/remote.ts';
import { readAnswer } from './range-answer.ts';
import { fill } from './ranges.ts';
import { type Identity, Part, type Version } from './partial-file.ts';
import { Tries } from './retry.ts';
import {
  crosses,
  type DownloadDeps,
  type Downloaded,
  endedEarly,
  LOOK_AT_DISK_BYTES,
  open,
  type Wanted,
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
export async function download(wanted: Wanted, deps: DownloadDeps): Promise<Downloaded> {
  const tries = new Tries(deps, wanted.signal);
  const left = await Part.resume(deps, wanted.beside, identityOf(wanted));
  if (left !== undefined) {
    const done = await fill({ part: left, wanted, deps, tries });
    if (done !== undefined) return done;
  }
  for (let restarts = 0; ; restarts++) {
    const answer = await tries.untilAnswered(() => contact(wanted, deps, restarts < MOST_RESTARTS));
    const done =
      answer.is === 'part' ? await inRanges(answer, { wanted, deps, tries }) : await whole(answer, wanted, deps);
    if (done instanceof WorkerError) await tries.again(done, false);
    else if (done !== undefined) return done;
  }
}

const identityOf = ({ filename, url, sha256 }: Wanted): Identity => ({ filename, url, sha256 });

type FirstAnswer =
  | { readonly is: 'part'; readonly answer: RemoteAnswer; readonly version: Version }
  | { readonly is: 'whole'; readonly answer: RemoteAnswer; readonly sizeBytes: number | undefined };

/** Asks for all of it as a range: the answer says whether the server knows ranges, and how large the file is. */
async function contact(wanted: Wanted, deps: DownloadDeps, ranged: boolean): Promise<FirstAnswer> {
  const answer = await open(wanted, deps, ranged ? { range: 'bytes=0-' } : {});
  try {
    const read = readAnswer(answer, wanted.url, 0, deps.clock.now());
    if (read.is !== 'no-range') return { ...read, answer };
  } catch (thrown) {
    answer[Symbol.dispose]();
    throw thrown;
  }
  answer[Symbol.dispose]();
  if (ranged) return contact(wanted, deps, false);
  throw new WorkerError('download.failed', `${shownUrl(wanted.url)} answers with a range nobody asked for`);
}

async function inRanges(
  { answer, version }: { readonly answer: RemoteAnswer; readonly version: Version },
  { wanted, deps, tries }: { readonly wanted: Wanted; readonly deps: DownloadDeps; readonly tries: Tries },
): Promise<Downloaded | undefined> {
  using line = answer;
  await wanted.ensureDiskSpace(version.sizeBytes);
  const part = await Part.start(deps, wanted.beside, identityOf(wanted), {
    version,
    blockBytes: deps.policy.blockBytes,
  });
  return await fill({ part, wanted, deps, tries, first: line });
}

/** One line from start to end. A cut costs all of it; gives the failure when another try may help. */
async function whole(
  { answer, sizeBytes }: { readonly answer: RemoteAnswer; readonly sizeBytes: number | undefined },
  wanted: Wanted,
  deps: DownloadDeps,
): Promise<Downloaded | WorkerError> {
  using line = answer;
  await wanted.ensureDiskSpace(sizeBytes ?? 0);
  await deps.files.remove(wanted.beside.progress);
  const file = await deps.openPart(wanted.beside.part);
  try {
    await file.resize(0);
    const sha256 = deps.startSha256();
    let doneBytes = 0;
    for await (const chunk of line.chunks) {
      await file.write(doneBytes, chunk);
      sha256.add(chunk);
      const before = doneBytes;
      doneBytes += chunk.byteLength;
      if (crosses(before, doneBytes, LOOK_AT_DISK_BYTES)) await wanted.ensureDiskSpace(0);
      wanted.onProgress(doneBytes, sizeBytes);
    }
    if (sizeBytes !== undefined && doneBytes !== sizeBytes) throw endedEarly(wanted.url, doneBytes, sizeBytes);
    return { file, sizeBytes: doneBytes, sha256: sha256.hex() };
  } catch (thrown) {
    await file.close();
    // Nothing could go on from it, and a disk that ran full on it would stay full.
    await deps.files.remove(wanted.beside.part);
    if (wanted.signal.aborted) throw wanted.signal.reason;
    const error = toWorkerError(thrown);
    if (error.code !== 'download.failed') throw error;
    return error;
  }
}
