import type { Logger } from '../../log/logger.ts';
import type { Lock } from '../../system/disk/lock.ts';
import type { ServiceNotify } from '../../system/process/service-notify.ts';

/** Whose config is locked, and who is told when another worker has it. */
export interface OnePerConfigParts {
  readonly configPath: string;
  readonly acquire: () => Promise<Lock>;
  /** Undefined where no service manager started this process. */
  readonly notify: Pick<ServiceNotify, 'send'> | undefined;
  readonly log: Pick<Logger, 'info'>;
}

/** Works under the lock of a config, and gives what comes of it; 0 where another process has the lock. */
export async function onePerConfig(
  { configPath, acquire, notify, log }: OnePerConfigParts,
  work: () => Promise<number>,
): Promise<number> {
  const lock = await acquire();
  if (lock.is === 'taken') {
    // Not a fault: a service and a login entry may both start the worker, and one is enough.
    log.info('worker.already-running', { pid: lock.by.pid ?? 'unknown', configPath });
    notify?.send({ READY: 1, STATUS: 'another worker runs with this config' }); // or this end counts as a failed start
    return 0;
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}
