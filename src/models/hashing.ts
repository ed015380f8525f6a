import { unlessAborted } from '../base/abort.ts';
import { WorkerError } from '../base/errors.ts';
import { MIB } from '../base/units.ts';
import type { RunningSha256 } from '../system/digest.ts';
import type { Part } from './part.ts';

const READ_BYTES = MIB;

/** The digest of a file that is still arriving. */
export interface Hashing {
  /** Says that more of the file may be there. */
  wake(): void;
  /** How far the digest has come. */
  readonly doneBytes: number;
  /** 64 hex digits, once the file is whole. */
  readonly digest: Promise<string>;
}

/**
 * Follows a download and hashes whatever is there from the start on, reading it back while the system still has it in
 * memory. When the last byte arrives, little is left to hash.
 */
export function hashAlong(part: Part, sha256: RunningSha256, signal: AbortSignal): Hashing {
  let woken = Promise.withResolvers<void>();
  let doneBytes = 0;

  async function follow(): Promise<string> {
    while (doneBytes < part.version.sizeBytes) {
      const until = part.blocks.contiguousTo;
      while (doneBytes < until) {
        signal.throwIfAborted();
        const bytes = await part.file.read(doneBytes, Math.min(READ_BYTES, until - doneBytes));
        if (bytes.byteLength === 0) throw new WorkerError('download.failed', 'the part file was cut by somebody else');
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
  digest.catch(() => {}); // whoever waits for the download hears of it first
  return {
    wake: () => woken.resolve(),
    get doneBytes() {
      return doneBytes;
    },
    digest,
  };
}
