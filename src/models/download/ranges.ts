import { toWorkerError } from '../../base/errors.ts';
import type { RemoteAnswer } from '../../system/net/remote/remote.ts';
import { type Hashing, hashAlong, hashInThread } from './hashing.ts';
import type { PartialFile } from './partial-file.ts';
import { FILE_CHANGED, fetchRange, type RangeFetch } from './range-fetch.ts';
import { type DownloadDeps, type Downloaded, type DownloadRequest, ensureWithinLimit } from './request.ts';
import type { Retries } from './retry.ts';

/*
 * Several requests at a time fill one file. Each takes a range of what is missing and writes what comes; one that is cut
 * requests the rest of its range and loses nothing that arrived.
 */

/** A partial file, and what it takes to fetch the rest of it. */
export interface MissingBytes {
  readonly part: PartialFile;
  readonly request: DownloadRequest;
  readonly deps: DownloadDeps;
  readonly retries: Retries;
  /** An answer to a request for the whole file, from its start. */
  readonly first?: RemoteAnswer;
}

interface Context extends RangeFetch {
  readonly retries: Retries;
  /** How many ranges are fetched at a time, and how many still are. */
  readonly maxRanges: number;
  running: number;
}

/** Fetches what the part lacks; undefined when the server has another file by now, so that the part is worthless. */
export async function fetchMissing({ first, ...missing }: MissingBytes): Promise<Downloaded | undefined> {
  const { part, request, deps } = missing;
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(request.signal.reason);
  stop.signal.addEventListener('abort', () => first?.[Symbol.dispose](), { once: true });
  if (request.signal.aborted) onAbort();
  request.signal.addEventListener('abort', onAbort, { once: true });
  const hashing = startHashing(missing, stop.signal);
  const maxRanges = part.version.sizeBytes > deps.policy.parallelFromBytes ? deps.policy.maxRanges : 1;
  const context: Context = { ...missing, hashing, maxRanges, stop, running: 0 };
  try {
    ensureWithinLimit(request, part.version.sizeBytes);
    await request.ensureDiskSpace(part.version.sizeBytes - part.blocks.doneBytes);
    for (let answer = first; !part.blocks.isComplete; answer = undefined) {
      const ranges = Array.from({ length: maxRanges }, (_, at) => fetchRanges(context, at === 0 ? answer : undefined));
      // All of them, so that nothing still writes when the file is closed.
      await Promise.allSettled(ranges);
      stop.signal.throwIfAborted();
    }
    hashing.wake();
    return { file: part.file, sizeBytes: part.version.sizeBytes, sha256: await hashing.digest };
  } catch (thrown) {
    stop.abort(thrown);
    await Promise.allSettled([hashing.digest]);
    await part.close();
    if (thrown === FILE_CHANGED) return undefined;
    throw thrown;
  } finally {
    request.signal.removeEventListener('abort', onAbort);
  }
}

function startHashing({ part, request, deps }: Omit<MissingBytes, 'first'>, signal: AbortSignal): Hashing {
  const { policy, startSha256, followFile } = deps;
  const { sizeBytes } = part.version;
  return sizeBytes < policy.threadFromBytes
    ? hashAlong(part, startSha256(), signal)
    : hashInThread(part, followFile(request.sidecars.part, sizeBytes), signal);
}

/** One range after the other. Resolves when none is left to take, rejects when the download is over for all. */
async function fetchRanges(context: Context, first: RemoteAnswer | undefined): Promise<void> {
  const { part, deps, stop, retries } = context;
  context.running += 1;
  try {
    for (let answer = first; ; answer = undefined) {
      stop.signal.throwIfAborted();
      const range = part.blocks.take(blocksFor(context));
      if (range === undefined) return;
      const before = part.blocks.doneBytes;
      try {
        await fetchRange(range, context, answer);
      } catch (thrown) {
        if (stop.signal.aborted) throw stop.signal.reason;
        const error = toWorkerError(thrown);
        if (error === FILE_CHANGED) throw error;
        // A server that allows fewer requests at a time answers some of them: the others had better not retry.
        if (error.fields['status'] !== undefined && error.retryable && context.running > 1) return;
        await retries.waitAfter(
          error,
          { hasProgressed: part.blocks.doneBytes - before >= deps.policy.minProgressBytes },
          stop.signal,
        );
      } finally {
        part.blocks.release(range);
      }
    }
  } catch (thrown) {
    stop.abort(thrown); // the other ranges have become useless
    throw stop.signal.reason;
  } finally {
    context.running -= 1;
  }
}

/** Blocks for one request: few enough that all requests at a time have work to the end. */
function blocksFor({ part, maxRanges, deps }: Context): number {
  if (maxRanges === 1) return part.blocks.count;
  const missing = (part.version.sizeBytes - part.blocks.doneBytes) / part.blocks.blockBytes;
  return Math.max(1, Math.min(deps.policy.blocksPerRange, Math.ceil(missing / maxRanges / 2)));
}
