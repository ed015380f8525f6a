import { WorkerError } from '../../base/errors.ts';
import type { LocalOutbox } from '../../cli/world/outbox.ts';
import { siblingsOf } from '../../config/paths.ts';
import { openKeptResults } from '../../studio/delivery/kept/kept-results.ts';
import { openOutbox } from '../../studio/delivery/outbox.ts';
import { acquireLock } from '../../system/disk/lock.ts';
import { configPathOf } from '../config.ts';
import type { Effects } from '../effects.ts';
import { openCommandLog } from '../log.ts';

/** The outbox of a config file, as commands see and sort it. Nothing is read yet. */
export async function openLocalOutbox(named: string | undefined, effects: Effects): Promise<LocalOutbox> {
  const { files, sha256, clock } = effects;
  const configPath = await configPathOf(named, effects);
  const folder = siblingsOf(configPath).outbox;
  return {
    ...openKeptResults({ folder, files, sha256, clock }),
    configPath,
    dropWaiting: (id) => dropWaiting(id, configPath, effects),
  };
}

/** Opens the outbox as a worker does, so none may run meanwhile. */
async function dropWaiting(id: string, configPath: string, effects: Effects): Promise<boolean> {
  const { files, sha256, clock, environment } = effects;
  const { lock: lockPath, outbox: dir } = siblingsOf(configPath);
  const lock = await acquireLock(lockPath, { pid: environment.pid });
  if (lock.is === 'taken') {
    throw new WorkerError('worker.already-running', 'a worker has this outbox open, and does not answer', {
      hint: 'Stop the worker, then run this again.',
    });
  }
  try {
    // None expires: what else waits is no matter of this command.
    const limits = { maxBytes: Number.POSITIVE_INFINITY, maxAgeMs: Number.POSITIVE_INFINITY };
    const log = openCommandLog(effects).logger.child({}, 'delivery');
    const outbox = await openOutbox({ dir, ...limits, files, sha256, clock, log });
    const entry = outbox.entries().find(({ file }) => file === id);
    if (entry !== undefined) await outbox.remove(entry);
    await outbox.close();
    return entry !== undefined;
  } finally {
    lock.release();
  }
}
