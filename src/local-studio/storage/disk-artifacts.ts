import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { WorkerError } from '../../base/errors.ts';
import { isDiskFull } from '../../base/system-code.ts';
import { syncFolder, writeFully } from '../../system/disk/disk.ts';
import type { ArtifactStore, ArtifactWriter } from './artifacts.ts';

/**
 * Artifacts as files in one folder. Bytes go to a temporary file that is synced and moved, and then the folder is
 * synced, so that after a kill or a power cut a name in the folder is a whole artifact. What a kill left half-written
 * is removed when the store opens; the caller makes sure that nobody else uses the folder.
 */
export function openDiskArtifacts(folder: string): ArtifactStore {
  const incoming = join(folder, 'incoming');
  rmSync(incoming, { recursive: true, force: true });
  mkdirSync(incoming, { recursive: true, mode: 0o700 });
  let serial = 0;
  return {
    begin: () => Promise.resolve(createWriter(folder, join(incoming, String(++serial)))),
    open: async (name) => {
      const file = Bun.file(join(folder, name));
      return (await file.exists()) ? file : undefined;
    },
    remove: (name) => {
      rmSync(join(folder, name), { force: true });
      return Promise.resolve();
    },
  };
}

/** Blocking calls on purpose: chunks are small, and a pool would cost more than most of these writes take. */
function createWriter(folder: string, temporary: string): ArtifactWriter {
  const hash = createHash('sha256');
  const file = openSync(temporary, 'wx', 0o600);
  let open = true;
  let sizeBytes = 0;
  const close = (): void => {
    if (open) closeSync(file);
    open = false;
  };
  return {
    write: async (chunk) => {
      await Promise.resolve();
      notFull(folder, () => writeFully(file, chunk));
      hash.update(chunk);
      sizeBytes += chunk.byteLength;
    },
    keep: async (jobId, ext) => {
      await Promise.resolve();
      const sha256 = hash.digest('hex');
      const name = `${jobId}-${sha256.slice(0, 16)}.${ext}`;
      notFull(folder, () => fsyncSync(file));
      close();
      renameSync(temporary, join(folder, name));
      syncFolder(folder);
      return { name, sizeBytes, sha256 };
    },
    discard: () => {
      close();
      rmSync(temporary, { force: true });
      return Promise.resolve();
    },
  };
}

function notFull<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (!isDiskFull(thrown)) throw thrown;
    throw new WorkerError('disk.full', `no space left in ${folder}`, {
      cause: thrown,
      hint: 'Free some space on that disk, or give the studio another folder with `--data`.',
    });
  }
}
