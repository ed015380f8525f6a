import { WorkerError } from '../../base/errors.ts';
import { KIB, MIB } from '../../base/units.ts';
import type { RemoteAnswer } from '../../system/net/remote/remote.ts';
import type { ByteRange } from './blocks.ts';
import { ChunkBuffer } from './chunk-buffer.ts';
import type { Hashing } from './hashing.ts';
import type { PartialFile } from './partial-file.ts';
import { readAnswer } from './range-answer.ts';
import {
  CHECK_DISK_BYTES,
  crossesMultiple,
  type DownloadDeps,
  type DownloadRequest,
  endedEarly,
  openDownload,
} from './request.ts';

/** What fetching one range needs to know of its download. */
export interface RangeFetch {
  readonly part: PartialFile;
  readonly request: DownloadRequest;
  readonly deps: DownloadDeps;
  readonly hashing: Hashing;
  /** Ends all ranges of the download. */
  readonly stop: AbortController;
}

/** The server has another version of the file now. Thrown by `fetchRange`; never leaves this folder. */
export const FILE_CHANGED = new WorkerError('download.failed', 'the file changed at the server');

/** Each write is a trip to another thread and back, so a fast connection buffers what came. */
const WRITE_BYTES = MIB;
/** Smaller chunks come from a connection that is slower than we read: nothing is gained by waiting for more. */
const LARGE_CHUNK_BYTES = 64 * KIB;

/** Requests one range, or reads the answer already `opened`, and writes it. What arrived before a failure is kept. */
export async function fetchRange(
  { startAt, endAt }: ByteRange,
  context: RangeFetch,
  opened?: RemoteAnswer,
): Promise<void> {
  const { part, request, stop } = context;
  using answer = opened ?? (await requestRange({ startAt, endAt }, context));
  let at = startAt;
  const buffer = new ChunkBuffer();
  const flush = async (): Promise<void> => {
    const { sizeBytes } = buffer;
    if (sizeBytes === 0) return;
    await write(at, buffer.take(), context);
    at += sizeBytes;
  };
  try {
    for await (const chunk of answer.chunks) {
      stop.signal.throwIfAborted();
      buffer.add(chunk.subarray(0, endAt - at - buffer.sizeBytes));
      const isComplete = at + buffer.sizeBytes === endAt;
      if (isComplete || chunk.byteLength < LARGE_CHUNK_BYTES || buffer.sizeBytes >= WRITE_BYTES) await flush();
      if (isComplete) return;
    }
  } catch (thrown) {
    if (!stop.signal.aborted) await flush(); // a cut costs nothing that came before it
    throw thrown;
  }
  await flush();
  throw endedEarly(request.url, at, part.version.sizeBytes);
}

async function write(at: number, parts: readonly Uint8Array[], { part, request, hashing }: RangeFetch): Promise<void> {
  const before = part.blocks.doneBytes;
  await part.write(at, parts);
  hashing.wake();
  const { doneBytes } = part.blocks;
  request.onProgress(doneBytes, part.version.sizeBytes);
  if (!crossesMultiple(before, doneBytes, CHECK_DISK_BYTES)) return;
  part.file.flushAlong(); // or all of it would be left for the end, when nothing arrives meanwhile
  await request.ensureDiskSpace(0);
}

/** The request carries the version of the file, so that bytes of two versions never mix. */
async function requestRange({ startAt, endAt }: ByteRange, context: RangeFetch): Promise<RemoteAnswer> {
  const { part, request, deps, stop } = context;
  const { validator, sizeBytes } = part.version;
  const answer = await openDownload({ url: request.url, signal: stop.signal }, deps, {
    range: `bytes=${startAt}-${endAt - 1}`,
    ...(validator === undefined ? {} : { 'if-range': validator }),
  });
  try {
    const read = readAnswer(answer, request, startAt, deps.clock.now());
    const isSame =
      read.is === 'part' &&
      read.version.sizeBytes === sizeBytes &&
      (validator === undefined || read.version.validator === undefined || read.version.validator === validator);
    if (isSame) return answer;
  } catch (thrown) {
    answer[Symbol.dispose]();
    throw thrown;
  }
  answer[Symbol.dispose]();
  throw FILE_CHANGED;
}
