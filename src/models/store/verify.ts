import { toWorkerError, WorkerError } from '../../base/errors.ts';
import { checkModelFile } from '../headers/check.ts';
import type { StoredFile } from './inventory.ts';
import type { FileProgress, ModelStoreOptions } from './options.ts';

/** What verifying a file came to. */
export interface VerifyResult {
  readonly file: StoredFile;
  /** `unknown`: there is no checksum to compare with, and its header is valid. */
  readonly is: 'verified' | 'unknown' | 'broken';
  readonly because?: string;
}

/** Reads a whole file and compares its SHA-256 with that of its receipt. Reports the bytes read so far. */
export async function verifyFile(
  { files, openPart, startSha256 }: Pick<ModelStoreOptions, 'files' | 'openPart' | 'startSha256'>,
  file: StoredFile,
  report: (progress: FileProgress) => void,
): Promise<VerifyResult> {
  const { filename, sizeBytes } = file;
  const reader = await openPart(file.path, 'read');
  try {
    await checkModelFile({ sizeBytes, read: (at, length) => reader.read(at, length) }, filename);
  } catch (thrown) {
    const error = toWorkerError(thrown);
    if (!(thrown instanceof WorkerError)) throw error;
    return { file, is: 'broken', because: error.message };
  } finally {
    await reader.close();
  }
  if (file.sha256 === undefined) return { file, is: 'unknown' };
  const sha256 = startSha256();
  let doneBytes = 0;
  for await (const chunk of files.openRead(file.path)) {
    sha256.add(chunk);
    doneBytes += chunk.byteLength;
    report({ filename, phase: 'verify', doneBytes, totalBytes: sizeBytes });
  }
  const actual = sha256.hex();
  if (actual === file.sha256) return { file, is: 'verified' };
  return { file, is: 'broken', because: `its sha256 is ${actual}, expected ${file.sha256}` };
}
