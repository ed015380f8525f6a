import { SECOND_MS } from '../../base/units.ts';
import { errorChain } from '../../base/errors.ts';
import { siblingsOf } from '../../config/paths.ts';
import type { Log } from '../../log/open-log.ts';
import { sessionBusPaths } from '../../system/dbus/address.ts';
import { closeOwnConsole } from '../../system/desktop/own-console.ts';
import { openBusTray } from '../../system/desktop/tray/linux.ts';
import { openMacTray } from '../../system/desktop/tray/macos/macos.ts';
import type { OpenTray } from '../../system/desktop/tray/tray.ts';
import { openWindowsTray } from '../../system/desktop/tray/windows/windows.ts';
import { lockHolder } from '../../system/disk/lock.ts';
import { createWatch } from '../../system/disk/watch.ts';
import { askApi } from '../../system/net/worker-api.ts';
import { onStopSignals } from '../../system/process/signals.ts';
import { asksToQuit } from '../../ui/raise.ts';
import { followLogin } from '../../ui/follow-login.ts';
import { createReviver, type Reviver } from '../../ui/reviver.ts';
import { type OpenedWindow, readyWorker, type WindowDeps } from '../../ui/window.ts';
import { canShowIcon as findTray, hasCrashed, watchProgram } from '../../ui/stay.ts';
import { openWorkerIcon, type TrayDeps } from '../../ui/worker-icon.ts';
import type { LiveConfig } from '../../config/store.ts';
import type { Logger } from '../../log/logger.ts';
import { createNotifier, type Notifier } from '../../ui/notifier.ts';
import type { StayEnd } from '../../ui/only-ui.ts';
import { childEnvironment, processVariables, ownCommand } from '../../system/process/processes.ts';
import { openConfig } from '../config.ts';
import { openNotices } from './notices.ts';
import type { Effects } from '../effects.ts';

/** Whether there is a tray to show the icon in. */
export const canShowIcon = ({ environment, files }: Pick<Effects, 'environment' | 'files'>): Promise<boolean> =>
  findTray({ environment, files, buses: sessionBusPaths(environment.get) });

/** The tray of this desktop. */
function trayOf({ clock, environment }: Pick<Effects, 'clock' | 'environment'>): OpenTray {
  if (environment.platform === 'win32') return (options) => openWindowsTray({ ...options, clock });
  if (environment.platform === 'darwin') {
    const env = childEnvironment(processVariables());
    return (options) => openMacTray({ ...options, clock, env });
  }
  return (options) => openBusTray({ ...options, clock, paths: sessionBusPaths(environment.get), pid: environment.pid });
}

export interface Staying {
  /** The config file. */
  readonly path: string;
  readonly log: Log;
  /** Opens the window, and starts a worker where none runs. */
  readonly show: () => Promise<OpenedWindow>;
  /** The worker that runs is ours. */
  readonly startedWorker: boolean;
  readonly window: WindowDeps;
  /** Has the icon start at a login, or not. */
  readonly syncLogin: (enabled: boolean) => Promise<void>;
}

/** Shows the icon until the operator quits, or this process is told to end. */
export async function stayInTray(staying: Staying, effects: Effects): Promise<StayEnd> {
  const { path, log } = staying;
  const logger = log.logger.child({}, 'ui');
  await closeOwnConsole(effects.environment.platform);
  const config = await openConfig(path, effects, { log: logger, readOnly: true, watched: true });
  using reviver = reviverOf(staying, logger, effects);
  const show = async (): Promise<void> => {
    if ((await staying.show()).startedWorker) reviver.adopt();
  };
  const open = (): void => {
    void show().catch((thrown: unknown) => logger.warn('tray.failed', { action: 'open', error: errorChain(thrown) }));
  };
  const told = Promise.withResolvers<StayEnd>();
  const isReplaced = await isReplacedBy(effects);
  const endings = [
    onStopSignals(() => told.resolve('told')),
    followRequests(siblingsOf(path).raise, { open, quit: () => told.resolve('told') }, effects),
    followLogin({ config, log: logger, syncLogin: staying.syncLogin }),
  ];
  try {
    using notifier = notifierOf(config, { logger, open }, effects);
    await using icon = openWorkerIcon({
      ...workerOf(config, staying, effects),
      clock: effects.clock,
      log: logger,
      openTray: trayOf(effects),
      openWindow: show,
      onEvent: (event) => notifier.onEvent(event),
      onLink: (link) => {
        reviver.onLink(link);
        if (link === 'live') void isReplaced().then((is) => is && told.resolve('replaced'));
      },
    });
    return await Promise.race([icon.ended.then((): StayEnd => 'told'), told.promise]);
  } finally {
    for (const end of endings) end();
    config.close();
    await log.flush();
  }
}

/** Whether another version is in the place of this program. A checkout is never replaced. */
const isReplacedBy = ({
  environment,
  files,
}: Pick<Effects, 'environment' | 'files'>): Promise<() => Promise<boolean>> =>
  ownCommand().length === 1 ? watchProgram(environment.execPath, files) : Promise.resolve(() => Promise.resolve(false));

/** The worker that the icon is of. */
function workerOf(
  config: LiveConfig,
  { path, window }: Staying,
  { environment }: Pick<Effects, 'environment'>,
): Pick<TrayDeps, 'ask' | 'isService' | 'isWorkerRunning' | 'graceMs'> {
  const { lock, localApi } = siblingsOf(path);
  return {
    ask: (request) => askApi(localApi, request),
    isService: async () => (await window.serviceManager()) !== undefined,
    isWorkerRunning: async () => (await lockHolder(lock, environment)) !== undefined,
    graceMs: () => config.current.stop_grace_secs * SECOND_MS,
  };
}

/** What starts the worker again that crashed. */
function reviverOf(
  { path, startedWorker, window }: Staying,
  log: Logger,
  { clock, environment, files }: Pick<Effects, 'clock' | 'environment' | 'files'>,
): Reviver {
  const { lock, localApi } = siblingsOf(path);
  const reviver = createReviver({
    clock,
    log,
    hasCrashed: () =>
      hasCrashed(localApi, { files, isRunning: async () => (await lockHolder(lock, environment)) !== undefined }),
    start: () => readyWorker(window),
  });
  if (startedWorker) reviver.adopt();
  return reviver;
}

function notifierOf(
  config: LiveConfig,
  { logger, open }: { readonly logger: Logger; readonly open: () => void },
  effects: Effects,
): Notifier {
  const [onCompletion, onFailure] = [config.live('notify_on_completion'), config.live('notify_on_failure')];
  return createNotifier({
    clock: effects.clock,
    log: logger,
    notices: openNotices(effects, open),
    settings: () => ({ onCompletion: onCompletion(), onFailure: onFailure() }),
  });
}

/** What other processes ask of this one. */
const followRequests = (
  path: string,
  { open, quit }: { readonly open: () => void; readonly quit: () => void },
  { clock, files }: Pick<Effects, 'clock' | 'files'>,
): (() => void) =>
  createWatch(clock)(path, () => {
    void files.readText(path).then((text) => (asksToQuit(text) ? quit() : open()));
  });
