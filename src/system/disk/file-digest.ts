import { WorkerError } from '../../base/errors.ts';

/*
 * SHA-256 of a file that is still being written, in a thread of its own: at the rate of a fast connection, hashing would take
 * the main thread half its time. Tried on Bun 1.4.5: a worker from a blob needs no file, so a compiled executable has it
 * too; it starts within milliseconds and takes some megabytes while it lives.
 */

/** Follows one file. */
export interface FileDigest {
  /** Reports that this many bytes from the start are there by now. */
  upTo(bytes: number): void;
  /** How many bytes are hashed. */
  readonly doneBytes: number;
  /**
   * 64 hex digits, once the whole file was read. The file is closed, whichever way it ends.
   *
   * @throws WorkerError `file.unusable` when it cannot be read, or was stopped
   */
  readonly digest: Promise<string>;
  /** Ends the thread. Harmless when it has ended. */
  stop(): void;
}

/** Starts to follow a file of a known size; nothing of it need be there yet. */
export type FollowFile = (path: string, sizeBytes: number) => FileDigest;

/**
 * Runs in the thread: reads what is there, hashes it and reports how far it is. It closes the file itself, since nobody
 * else would: a thread that is ended leaves its files open, and what is removed keeps its disk space as long.
 */
const PROGRAM = `
const { openSync, readSync, closeSync } = require('node:fs');
const { createHash } = require('node:crypto');
const piece = Buffer.allocUnsafe(${2 ** 20});
let file, hash, stopped, size = 0, done = 0;
const end = (how) => {
  if (file !== undefined) closeSync(file);
  file = undefined;
  postMessage({ done, over: true, ...how });
};
self.onmessage = ({ data }) => {
  try {
    if (data.path !== undefined) {
      file = openSync(data.path, 'r');
      hash = createHash('sha256');
      ({ size, stopped } = data);
    }
    while (done < data.upTo && Atomics.load(stopped, 0) === 0) {
      const read = readSync(file, piece, 0, Math.min(piece.length, data.upTo - done), done);
      if (read === 0) return end({ error: 'the file was truncated by another process' });
      hash.update(piece.subarray(0, read));
      done += read;
    }
    if (Atomics.load(stopped, 0) !== 0) return end();
    postMessage({ done });
    if (done >= size) end({ digest: hash.digest('hex') });
  } catch (thrown) {
    end({ error: String(thrown && thrown.message) });
  }
};
`;

interface ThreadReport {
  readonly done: number;
  /** It has closed the file, and reports no more. */
  readonly over?: true;
  readonly digest?: string;
  readonly error?: string;
}

/** In a thread of its own. */
export const followFile: FollowFile = (path, sizeBytes) => {
  const url = URL.createObjectURL(new Blob([PROGRAM], { type: 'application/javascript' }));
  const thread = new Worker(url);
  const stopped = new Int32Array(new SharedArrayBuffer(4));
  const end = Promise.withResolvers<string>();
  end.promise.catch(() => {}); // a caller that awaits the digest gets the rejection
  let doneBytes = 0;
  let isOver = false;
  const close = (because: string): void => {
    isOver = true;
    thread.terminate();
    URL.revokeObjectURL(url);
    end.reject(new WorkerError('file.unusable', `${path} cannot be hashed: ${because}`)); // after a digest it is void
  };
  thread.addEventListener('message', ({ data }: MessageEvent<ThreadReport>) => {
    doneBytes = data.done;
    if (data.digest !== undefined) end.resolve(data.digest);
    if (data.over && !isOver) close(data.error ?? 'stopped');
  });
  thread.addEventListener('error', ({ message }) => close(message));
  thread.postMessage({ path, size: sizeBytes, stopped, upTo: 0 }, []);
  return {
    upTo: (bytes) => {
      if (!isOver) thread.postMessage({ upTo: bytes }, []);
    },
    get doneBytes() {
      return doneBytes;
    },
    digest: end.promise,
    stop: () => {
      if (isOver) return;
      Atomics.store(stopped, 0, 1);
      thread.postMessage({ upTo: 0 }, []);
    },
  };
};
