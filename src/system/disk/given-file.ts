import { constants, copyFile, link, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WorkerError } from '../../base/errors.ts';
import { codeOf } from '../../base/system-code.ts';

/**
 * Writes a file where the operator asked for it.
 *
 * @throws WorkerError `file.not-written` when there is one that is not to be replaced, or it cannot be written
 */
export async function writeGivenFile(
  path: string,
  bytes: Uint8Array,
  how: { readonly replace: boolean },
): Promise<void> {
  try {
    await using file = await open(path, how.replace ? 'w' : 'wx');
    await file.writeFile(bytes);
  } catch (thrown) {
    const exists = codeOf(thrown) === 'EEXIST';
    const why = exists ? 'it exists' : thrown instanceof Error ? thrown.message : String(thrown);
    throw new WorkerError('file.not-written', `cannot write ${path}: ${why}`, {
      cause: thrown,
      hint: exists ? 'Replace it with `--force`, or choose another name.' : 'Choose another place.',
    });
  }
}

/**
 * Has the file at another path as well: the same bytes where the disk allows that, else a copy. A file that is there
 * already stays.
 *
 * @throws WorkerError `file.not-written` | `disk.full`
 */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await mkdir(dirname(to), { recursive: true });
    await link(from, to).catch(async (thrown: unknown) => {
      if (codeOf(thrown) === 'EEXIST') return;
      await copyFile(from, to, constants.COPYFILE_EXCL);
    });
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new WorkerError('file.not-written', `cannot put ${from} at ${to}: ${why}`, {
      cause: thrown,
      hint: 'Free some space, or put the file there yourself.',
    });
  }
}
