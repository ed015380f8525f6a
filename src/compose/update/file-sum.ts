import type { FileSum } from '../../release/verify-files.ts';
import type { Files } from '../../system/disk/files.ts';
import type { Effects } from '../effects.ts';

/** What a sum is computed with. */
interface SumDeps extends Pick<Effects, 'startSha256'> {
  readonly files: Pick<Files, 'openRead'>;
}

/** Size and digest of a file that may be too large for memory. */
export async function sumOf(path: string, { files, startSha256 }: SumDeps): Promise<FileSum> {
  const hash = startSha256();
  let sizeBytes = 0;
  for await (const piece of files.openRead(path)) {
    hash.add(piece);
    sizeBytes += piece.byteLength;
  }
  return { sizeBytes, sha256: hash.hex() };
}
