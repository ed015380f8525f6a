import { toWorkerError, WorkerError } from '../../base/errors.ts';
import { KIB, MIB } from '../../base/units.ts';
import type { RemoteAnswer } from '../../system/net/remote.ts';
import { readAnswer } from './range-answer.ts';
import type { ByteRange } from './blocks.ts';
import { ChunkBuffer } from './chunk-buffer.ts';
import { type Hashing, hashAlong, hashInThread } from './hashing.ts';
import type { PartialFile } from './partial-file.ts';
import type { Retries } from './retry.ts';
import {
  crosses,
  type DownloadDeps,
  type Downloaded,
  endedEarly,
  CHECK_DISK_BYTES,
  open,
  type DownloadRequest,
} from './request.ts';

/*
 * Several lines fill one file. Each takes a range of what is missing, asks for it, and writes what comes; a line that is
 * cut asks for the rest of its range and loses nothing that arrived. Every request carries the file's version, so
 * bytes of two versions never mix.
 */

interface Fill {
  readonly part: PartialFile;
  readonly request: DownloadRequest;
  readonly deps: DownloadDeps;
  readonly retries: Retries;
  /** An answer to a request for the whole file, from its start. */
  readonly first?: RemoteAnswer;
}

interface Context extends Fill {
  readonly hashing: Hashing;
  readonly lanes: number;
  /** Ends all lanes: with the failure of one, or because the file changed. */
  readonly stop: AbortController;
  running: number;
}

/** Why lanes end when the server has another file now. Never leaves this file. */
const CHANGED = new WorkerError('download.failed', 'the file at the server changed');

/** Fetches what the part lacks; undefined when the server has another file by now, and the part is worth nothing. */
export async function fill(fill: Fill): Promise<Downloaded | undefined> {
  const { part, request, deps } = fill;
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(request.signal.reason);
  stop.signal.addEventListener('abort', () => fill.first?.[Symbol.dispose](), { once: true });
  if (request.signal.aborted) onAbort();
  request.signal.addEventListener('abort', onAbort, { once: true });
  const hashing = hashingOf(fill, stop.signal);
  const lanes = part.version.sizeBytes > deps.policy.parallelFromBytes ? deps.policy.maxRanges : 1;
  const context: Context = { ...fill, hashing, lanes, stop, running: 0 };
  let { first } = fill;
  try {
    await request.ensureDiskSpace(part.version.sizeBytes - part.blocks.doneBytes);
    while (!part.blocks.isComplete) {
      const work = Array.from({ length: lanes }, (_, at) => lane(context, at === 0 ? first : undefined));
      first = undefined;
      // All of them, so that nobody writes any more when the file is closed.
      await Promise.allSettled(work);
      stop.signal.throwIfAborted();
    }
    hashing.wake();
    return { file: part.file, sizeBytes: part.version.sizeBytes, sha256: await hashing.digest };
  } catch (thrown) {
    stop.abort(thrown);
    await Promise.allSettled([hashing.digest]);
    await part.close();
    if (thrown === CHANGED) return undefined;
    throw thrown;
  } finally {
    request.signal.removeEventListener('abort', onAbort);
  }
}

function hashingOf({ part, request, deps }: Fill, signal: AbortSignal): Hashing {
  const { policy, startSha256, followFile } = deps;
  const { sizeBytes } = part.version;
  return sizeBytes < policy.threadFromBytes
    ? hashAlong(part, startSha256(), signal)
    : hashInThread(part, followFile(request.sidecars.part, sizeBytes), signal);
}

/** One line. Resolves when there is nothing left to take, rejects when the download is over for all lines. */
async function lane(context: Context, first: RemoteAnswer | undefined): Promise<void> {
  const { part, stop, retries } = context;
  context.running += 1;
  try {
    for (let answer = first; ; answer = undefined) {
      stop.signal.throwIfAborted();
      const range = part.blocks.take(answer !== undefined && context.lanes === 1 ? part.blocks.count : share(context));
      if (range === undefined) return;
      const before = part.blocks.doneBytes;
      try {
        await fetchRange(range, context, answer);
      } catch (thrown) {
        if (stop.signal.aborted) throw stop.signal.reason;
        const error = toWorkerError(thrown);
        if (error === CHANGED) throw error;
        // A server that is asked too much at once answers some of the lines; the others are better off leaving.
        if (error.fields['status'] !== undefined && error.retryable && context.running > 1) return;
        await retries.again(error, part.blocks.doneBytes > before, stop.signal);
      } finally {
        part.blocks.release(range);
      }
    }
  } catch (thrown) {
    stop.abort(thrown); // the others are of no use any more
    throw stop.signal.reason;
  } finally {
    context.running -= 1;
  }
}

/** Blocks for one request: few enough that all lanes have work to the end. */
function share({ part, lanes, deps }: Context): number {
  if (lanes === 1) return part.blocks.count;
  const missing = (part.version.sizeBytes - part.blocks.doneBytes) / part.blocks.blockBytes;
  return Math.max(1, Math.min(deps.policy.blocksPerRange, Math.ceil(missing / lanes / 2)));
}

async function fetchRange({ startAt, endAt }: ByteRange, context: Context, opened?: RemoteAnswer): Promise<void> {
  const { part, request, stop, hashing } = context;
  using answer = opened ?? (await ask({ startAt, endAt }, context));
  let at = startAt;
  const buffer = new ChunkBuffer();
  const write = async (): Promise<void> => {
    if (buffer.sizeBytes === 0) return;
    const before = part.blocks.doneBytes;
    const bytes = buffer.take();
    await part.write(at, bytes);
    at += bytes.byteLength;
    hashing.wake();
    request.onProgress(part.blocks.doneBytes, part.version.sizeBytes);
    if (crosses(before, part.blocks.doneBytes, CHECK_DISK_BYTES)) await request.ensureDiskSpace(0);
  };
  try {
    for await (const chunk of answer.chunks) {
      stop.signal.throwIfAborted();
      buffer.add(chunk.subarray(0, endAt - at - buffer.sizeBytes));
      const isWhole = at + buffer.sizeBytes === endAt;
      if (isWhole || chunk.byteLength < MANY_BYTES || buffer.sizeBytes >= WRITE_BYTES) await write();
      if (isWhole) return;
    }
  } catch (thrown) {
    if (!stop.signal.aborted) await write(); // a cut costs nothing that came before it
    throw thrown;
  }
  await write();
  throw endedEarly(request.url, at, part.version.sizeBytes);
}

/** Each write is a trip to another thread and back, so a fast line gathers what came. */
const WRITE_BYTES = MIB;
/** Less than this at a time comes from a line that is slower than we read: nothing is gained by waiting for more. */
const MANY_BYTES = 64 * KIB;

async function ask({ startAt, endAt }: ByteRange, context: Context): Promise<RemoteAnswer> {
  const { part, request, deps, stop } = context;
  const { validator, sizeBytes } = part.version;
  const answer = await open({ url: request.url, signal: stop.signal }, deps, {
    range: `bytes=${startAt}-${endAt - 1}`,
    ...(validator === undefined ? {} : { 'if-range': validator }),
  });
  try {
    const read = readAnswer(answer, request.url, startAt, deps.clock.now());
    const same =
      read.is === 'part' &&
      read.version.sizeBytes === sizeBytes &&
      (validator === undefined || read.version.validator === undefined || read.version.validator === validator);
    if (same) return answer;
  } catch (thrown) {
    answer[Symbol.dispose]();
    throw thrown;
  }
  answer[Symbol.dispose]();
  throw CHANGED;
}
