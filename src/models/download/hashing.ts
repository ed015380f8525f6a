import { unlessAborted } from '../../base/abort.ts';
import { errorChain, WorkerError } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import type { RunningSha256 } from '../../system/disk/digest.ts';
import type { FileDigest } from '../../system/disk/file-digest.ts';
import type { PartialFile } from './partial-file.ts';

const READ_BYTES = MIB;

/** The digest of a file that is still arriving. */
export interface Hashing {
  /** More of the file may be there. */
  wake(): void;
  /** How far the digest has come. */
  readonly doneBytes: number;
  /** 64 hex digits, once the file is complete. */
  readonly digest: Promise<string>;
}

/**
 * Follows a download and hashes whatever is there from the start on, reading it back while the system still has it in
 * memory. When the last byte arrives, little is left to hash.
 */
export function hashAlong(part: PartialFile, sha256: RunningSha256, signal: AbortSignal): Hashing {
  let woken = Promise.withResolvers<void>();
  let doneBytes = 0;

  async function follow(): Promise<string> {
    while (doneBytes < part.version.sizeBytes) {
      const until = part.blocks.contiguousTo;
      while (doneBytes < until) {
        signal.throwIfAborted();
        const bytes = await part.file.read(doneBytes, Math.min(READ_BYTES, until - doneBytes));
        if (bytes.byteLength === 0)
          throw new WorkerError('download.failed', 'the part file was truncated by another program');
        sha256.add(bytes);
        doneBytes += bytes.byteLength;
      }
      if (doneBytes === part.version.sizeBytes || part.blocks.contiguousTo > doneBytes) continue;
      await unlessAborted(woken.promise, signal);
      woken = Promise.withResolvers<void>();
    }
    return sha256.hex();
  }

  const digest = follow();
  digest.catch(() => {}); // the caller of the download gets it
  return {
    wake: () => woken.resolve(),
    get doneBytes() {
      return doneBytes;
    },
    digest,
  };
}

/** How often the thread learns how far it may read: each time interrupts its work. */
const NOTIFY_BYTES = 4 * MIB;

/** The same in a thread that reads the part file by itself, for files whose hashing would block everything else. */
export function hashInThread(part: PartialFile, thread: FileDigest, signal: AbortSignal): Hashing {
  let notifiedBytes = 0;
  const onAbort = (): void => thread.stop();
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  const digest = thread.digest.catch((thrown: unknown) => {
    signal.throwIfAborted();
    throw new WorkerError('download.failed', `the part file cannot be hashed: ${errorChain(thrown)}`, {
      cause: thrown,
    });
  });
  digest.catch(() => {}); // the caller of the download gets it
  return {
    wake() {
      const there = part.blocks.contiguousTo;
      if (there < part.version.sizeBytes && there - notifiedBytes < NOTIFY_BYTES) return;
      notifiedBytes = there;
      thread.upTo(there);
    },
    get doneBytes() {
      return thread.doneBytes;
    },
    digest,
  };
}
