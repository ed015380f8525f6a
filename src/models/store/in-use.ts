import type { Files } from '../../system/disk/files.ts';
import type { Lock } from '../../system/disk/lock.ts';

/*
 * A file in use is marked by a lock beside it, one for each process that uses it. The system drops a lock with its
 * process, so a killed worker leaves no mark that would keep a file for ever.
 */

/** Which model files are in use, in this process and in others. */
export interface InUse {
  /** Marks a file as in use until the returned function is called. `use` is its place in `sidecarsOf`. */
  mark(use: string): Promise<() => Promise<void>>;
  /** Whether any process uses the file. */
  isUsed(folder: string, use: string): Promise<boolean>;
}

export interface InUseOptions {
  readonly files: Pick<Files, 'list'>;
  /** Its file goes with its release. */
  readonly lock: (path: string) => Promise<Lock>;
  readonly pid: number;
}

/** The marks of this process and of others. */
export const createInUse = (options: InUseOptions): InUse => new Marks(options);

/** Marks are counted here, so that several users in one process share a lock. */
class Marks implements InUse {
  readonly #options: InUseOptions;
  readonly #marks = new Map<string, { count: number; readonly lock: Promise<Lock> }>();

  constructor(options: InUseOptions) {
    this.#options = options;
  }

  async mark(use: string): Promise<() => Promise<void>> {
    const { lock, pid } = this.#options;
    const path = `${use}${pid}.lock`;
    const mark = this.#marks.get(path) ?? { count: 0, lock: lock(path) };
    mark.count += 1;
    this.#marks.set(path, mark);
    await mark.lock;
    let isMarked = true;
    return async () => {
      if (!isMarked) return;
      isMarked = false;
      await this.#unmark(path);
    };
  }

  async isUsed(folder: string, use: string): Promise<boolean> {
    const { files, lock } = this.#options;
    for (const name of await files.list(folder)) {
      const path = `${folder}/${name}`;
      if (!path.startsWith(use) || !name.endsWith('.lock')) continue;
      if (this.#marks.has(path)) return true;
      const probe = await lock(path);
      if (probe.is === 'taken') return true;
      probe.release(); // its process is gone, and so is the mark with this
    }
    return false;
  }

  async #unmark(path: string): Promise<void> {
    const mark = this.#marks.get(path);
    if (mark === undefined) return;
    mark.count -= 1;
    if (mark.count > 0) return;
    this.#marks.delete(path);
    const taken = await mark.lock;
    if (taken.is === 'taken') return; // a process of our pid on another machine has it, on a shared disk
    taken.release();
  }
}
