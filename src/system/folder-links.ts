import { lstat, mkdir, readlink, stat, symlink, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { codeOf } from '../base/system-code.ts';

/** Folders that are found under a second name. */
export interface FolderLinks {
  /** Where the link under a name leads, absolute; undefined for what is no link, or missing. */
  targetOf(path: string): Promise<string | undefined>;
  /**
   * Puts a link to a folder, missing or not, under a name that is free or holds another link.
   *
   * @throws the system's error: `EPERM` where the file system has no links, `EEXIST` where something else has the name
   */
  make(path: string, target: string): Promise<void>;
  /** Removes a link, and nothing of where it leads. Leaves everything else alone, and is fine when there is nothing. */
  remove(path: string): Promise<void>;
  /** Whether both are, or would be, on one file system. */
  onOneFileSystem(a: string, b: string): Promise<boolean>;
}

/** Those of this machine: symbolic links, and junctions on Windows, for which an account needs no right of its own. */
export const systemFolderLinks: FolderLinks = {
  async targetOf(path) {
    const facts = await lstat(path).catch(() => undefined);
    if (facts?.isSymbolicLink() !== true) return undefined;
    return resolve(dirname(path), await readlink(path));
  },
  async make(path, target) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await systemFolderLinks.remove(path);
    await symlink(target, path, 'junction');
  },
  async remove(path) {
    if ((await systemFolderLinks.targetOf(path)) !== undefined) await unlink(path);
  },
  onOneFileSystem: async (a, b) => (await deviceAbove(a)) === (await deviceAbove(b)),
};

/** The number of the file system on which a path is, or will be once its folders are made. */
async function deviceAbove(path: string): Promise<number> {
  try {
    return (await stat(path)).dev;
  } catch (thrown) {
    const above = dirname(path);
    if (above === path || (codeOf(thrown) !== 'ENOENT' && codeOf(thrown) !== 'ENOTDIR')) throw thrown;
    return await deviceAbove(above);
  }
}
