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
import { createNotifier } from '../../ui/notifier.ts';
import type { StayReason } from '../../ui/only-ui.ts';
import { openConfig } from '../config.ts';
import { openUiLog } from '../log.ts';
import { openNotices } from './notices.ts';
import type { Effects } from '../effects.ts';

/** What this process stays for: an icon, or notices alone on a desktop without one; undefined where there is neither. */
export async function reasonToStay(path: string, effects: Effects): Promise<StayReason | undefined> {
  const { environment, files } = effects;
  if (environment.platform === 'darwin' || environment.platform === 'win32') {
    const { current } = await openConfig(path, effects, { log: openUiLog(effects).logger, readOnly: true });
    return current.notify_on_completion || current.notify_on_failure ? 'notices' : undefined;
  }
  for (const bus of sessionBusPaths(environment.get)) {
    if (bus.startsWith('\0') || (await files.kindOf(bus)) !== undefined) return 'icon';
  }
  return undefined;
}

/** The tray of this desktop; one that shows nothing where there is none for us. */
const trayOf = ({ clock, environment }: Pick<Effects, 'clock' | 'environment'>): OpenTray =>
  environment.platform === 'darwin' || environment.platform === 'win32'
    ? () => ({ show: () => {}, [Symbol.asyncDispose]: () => Promise.resolve() })
    : (options) => openBusTray({ ...options, clock, paths: sessionBusPaths(environment.get), pid: environment.pid });

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
  const open = (): void => {
    void show().catch((thrown: unknown) => logger.warn('tray.failed', { action: 'open', error: errorChain(thrown) }));
  };
  const [onCompletion, onFailure] = [config.live('notify_on_completion'), config.live('notify_on_failure')];
  using notifier = createNotifier({
    clock,
    log: logger,
    notices: openNotices(effects, open),
    settings: () => ({ onCompletion: onCompletion(), onFailure: onFailure() }),
  });
  const session = openTraySession({
    clock,
    log: logger,
    openTray: trayOf(effects),
    ask: (request) => askApi(localApi, request),
    openWindow: show,
    isService: async () => (await serviceManager()) !== undefined,
    isWorkerRunning: async () => (await lockHolder(lock, environment)) !== undefined,
    graceMs: () => config.current.stop_grace_secs * SECOND_MS,
    onEvent: (event) => notifier.onEvent(event),
  });
  const stopped = Promise.withResolvers<void>();
  const unsubscribe = onStopSignals(() => stopped.resolve());
  const stopWatching = createWatch(clock)(raise, open);
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
