import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { WorkerError } from '../../base/errors.ts';
import { codeOf } from '../../base/system-code.ts';

/**
 * A folder of this account's own below the folder for temporary files, where every account may write: it is used only
 * when it is a real folder that we own and nobody else may enter, since programs are loaded from it.
 *
 * @throws WorkerError `folder.unusable`; the system's own error when it cannot be made
 */
export function privateFolder(tempDir: string): string {
  const account = process.getuid?.();
  const path = join(tempDir, account === undefined ? 'studio-worker' : `studio-worker-${account}`);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (thrown) {
    if (codeOf(thrown) !== 'EEXIST') throw thrown;
  }
  const facts = lstatSync(path);
  // Windows gives each account its own folder for temporary files, and has no such bits.
  const ours = account === undefined || (facts.uid === account && (facts.mode & 0o077) === 0);
  if (facts.isDirectory() && ours) return path;
  throw new WorkerError('folder.unusable', `${path} is not a folder of this account alone`, {
    hint: 'Remove it, or have its owner remove it: it holds nothing that has to be kept.',
  });
}
