import { WorkerError } from '../../../base/errors.ts';
import type { Lock } from '../../../system/disk/lock.ts';
import type { Outbox } from '../outbox.ts';

/** The lock of the worker whose outbox it is, and the outbox. */
export interface DiscardDeps {
  readonly acquire: () => Promise<Lock>;
  readonly open: () => Promise<Pick<Outbox, 'whole' | 'entryOf' | 'remove' | 'close'>>;
}

/**
 * Discards a result that waits for its delivery. False when there is none of this id. The outbox is opened as a worker
 * does, so none may run meanwhile.
 *
 * @throws WorkerError `worker.already-running`
 */
export async function discardWaiting(id: string, { acquire, open }: DiscardDeps): Promise<boolean> {
  const lock = await acquire();
  if (lock.is === 'taken') {
    throw new WorkerError('worker.already-running', 'a worker has this outbox open, and does not answer', {
      hint: 'Stop the worker, then run this again.',
    });
  }
  try {
    const outbox = await open();
    await outbox.whole;
    const entry = outbox.entryOf(id);
    if (entry !== undefined) await outbox.remove(entry);
    await outbox.close();
    return entry !== undefined;
  } finally {
    lock.release();
  }
}
