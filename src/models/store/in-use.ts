import type { Files } from '../../system/disk/files.ts';
import type { Lock } from '../../system/disk/lock.ts';

/*
 * A file in use is marked by a lock beside it, one for each process that uses it. The system drops a lock with its
 * process, so a killed worker leaves no mark that would keep a file for ever.
 */

export interface InUse {
  /** Marks a file as in use until the returned function is called. `use` is its place in `sidecarsOf`. */
  hold(use: string): Promise<() => Promise<void>>;
  /** Whether any process uses the file. */
  isUsed(folder: string, use: string): Promise<boolean>;
}

export function createInUse(options: {
  readonly files: Pick<Files, 'list' | 'remove'>;
  readonly lock: (path: string) => Promise<Lock>;
  readonly pid: number;
}): InUse {
  const { files, lock, pid } = options;
  const held = new Map<string, { count: number; readonly lock: Promise<Lock> }>();

  async function letGo(path: string): Promise<void> {
    const mine = held.get(path);
    if (mine === undefined) return;
    mine.count -= 1;
    if (mine.count > 0) return;
    held.delete(path);
    const taken = await mine.lock;
    if (taken.is === 'taken') return; // another machine's process of our pid has it, on a shared disk
    taken.release();
    await files.remove(path);
  }

  return {
    async hold(use) {
      const path = `${use}${pid}.lock`;
      const mine = held.get(path) ?? { count: 0, lock: lock(path) };
      mine.count += 1;
      held.set(path, mine);
      await mine.lock;
      let isMine = true;
      return async () => {
        if (!isMine) return;
        isMine = false;
        await letGo(path);
      };
    },
    async isUsed(folder, use) {
      for (const name of await files.list(folder)) {
        const path = `${folder}/${name}`;
        if (!path.startsWith(use) || !name.endsWith('.lock')) continue;
        if (held.has(path)) return true;
        const probe = await lock(path);
        if (probe.is === 'taken') return true;
        probe.release();
        await files.remove(path); // its process is gone
      }
      return false;
    },
  };
}
