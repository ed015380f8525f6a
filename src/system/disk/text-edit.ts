import { realpath, rmdir, readFile, stat } from 'node:fs/promises';
import { codeOf } from '../../base/system-code.ts';
import { replaceFile } from './disk.ts';

/** Changes to files of the operator's, whose every other byte, mode and link stays as it was. */
export interface TextEdits {
  /** Replaces a file by what the call makes of its text; nothing happens when there is none, or nothing changes. */
  edit(path: string, change: (text: string) => string): Promise<void>;
  /** Removes a folder. False when something is in it; fine when it is missing. */
  removeEmpty(path: string): Promise<boolean>;
}

/** On this machine's disk. */
export const systemTextEdits: TextEdits = {
  async edit(path, change) {
    try {
      const target = await realpath(path);
      const { mode } = await stat(target);
      const before = await readFile(target, 'latin1'); // byte for character, whatever the encoding is
      const after = change(before);
      if (after !== before) replaceFile(target, [Buffer.from(after, 'latin1')], { mode: mode & 0o7777, durable: true });
    } catch (thrown) {
      if (codeOf(thrown) !== 'ENOENT') throw thrown;
    }
  },
  async removeEmpty(path) {
    try {
      await rmdir(path);
      return true;
    } catch (thrown) {
      const code = codeOf(thrown);
      if (code === 'ENOENT') return true;
      if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
      throw thrown;
    }
  },
};
