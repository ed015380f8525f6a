import type { FileSum } from '../../release/verify-files.ts';
import { startSha256 } from '../../system/disk/digest.ts';
import type { Files } from '../../system/disk/files.ts';

/** Size and digest of a file that may be too large for memory. */
export async function sumOf(path: string, files: Pick<Files, 'openRead'>): Promise<FileSum> {
  const hash = startSha256();
  let sizeBytes = 0;
  for await (const piece of files.openRead(path)) {
    hash.add(piece);
    sizeBytes += piece.byteLength;
  }
  return { sizeBytes, sha256: hash.hex() };
}
