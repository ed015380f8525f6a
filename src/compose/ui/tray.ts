import { SECOND_MS } from '../../base/units.ts';
import { errorChain } from '../../base/errors.ts';
import { siblingsOf } from '../../config/paths.ts';
import type { Log } from '../../log/open-log.ts';
import { sessionBusPaths } from '../../system/dbus/address.ts';
import { openBusTray } from '../../system/desktop/tray/linux.ts';
import type { OpenTray } from '../../system/desktop/tray/tray.ts';
import { lockHolder } from '../../system/disk/lock.ts';
import { createWatch } from '../../system/disk/watch.ts';
import { askApi } from '../../system/net/worker-api.ts';
import { onStopSignals } from '../../system/process/signals.ts';
import { openTraySession } from '../../ui/tray-session.ts';
import { openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';

/** Whether this desktop may show an icon, so that there is something to stay for. */
export async function canStay({ environment, files }: Pick<Effects, 'environment' | 'files'>): Promise<boolean> {
  if (environment.platform !== 'linux') return false;
  for (const path of sessionBusPaths(environment.get)) {
    if (path.startsWith('\0') || (await files.kindOf(path)) !== undefined) return true;
  }
  return false;
}

export interface Staying {
  /** The config file. */
  readonly path: string;
  readonly log: Log;
  /** Opens the window, and starts a worker where none runs. */
  readonly show: () => Promise<void>;
  /** What keeps the worker, if anything does. */
  readonly serviceManager: () => Promise<string | undefined>;
}

/** Shows the icon until the operator quits, or this process is told to stop. */
export async function stayInTray({ path, log, show, serviceManager }: Staying, effects: Effects): Promise<void> {
  const { clock, environment } = effects;
  const { lock, localApi, raise } = siblingsOf(path);
  const logger = log.logger.child({}, 'ui');
  const config = await openConfig(path, effects, { log: logger, readOnly: true, watched: true });
  const openTray: OpenTray = (options) =>
    openBusTray({ ...options, clock, paths: sessionBusPaths(environment.get), pid: environment.pid });
  const session = openTraySession({
    clock,
    log: logger,
    openTray,
    ask: (request) => askApi(localApi, request),
    openWindow: show,
    isService: async () => (await serviceManager()) !== undefined,
    isWorkerRunning: async () => (await lockHolder(lock, environment)) !== undefined,
    graceMs: () => config.current.stop_grace_secs * SECOND_MS,
    onEvent: () => {},
  });
  const stopped = Promise.withResolvers<void>();
  const unsubscribe = onStopSignals(() => stopped.resolve());
  const stopWatching = createWatch(clock)(raise, () => {
    void show().catch((thrown: unknown) => logger.warn('tray.failed', { action: 'open', error: errorChain(thrown) }));
  });
  try {
    await Promise.race([session.ended, stopped.promise]);
  } finally {
    stopWatching();
    unsubscribe();
    await session[Symbol.asyncDispose]();
    config.close();
    await log.flush();
  }
}
