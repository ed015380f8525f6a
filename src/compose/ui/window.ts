import type { WindowChoice } from '../../cli/world/window.ts';
import { siblingsOf } from '../../config/paths.ts';
import { type StartDetached, startDetached } from '../../system/desktop/detached.ts';
import { acquireLock } from '../../system/disk/lock.ts';
import { continueAs } from '../../system/process/exec.ts';
import { processVariables, ownCommand, ownEnvironment } from '../../system/process/processes.ts';
import { type OpenedUi, openUi } from '../../ui/only-ui.ts';
import { askForWindow } from '../../ui/raise.ts';
import { askPageUrl } from '../../ui/page-url.ts';
import type { WindowDeps } from '../../ui/window.ts';
import { openService } from '../commands/service.ts';
import { configPathOf, makeConfigFolder } from '../config.ts';
import type { Effects } from '../effects.ts';
import { openUiLog } from '../log.ts';
import { showBy } from './show-page.ts';
import { canShowIcon, stayInTray } from './tray.ts';

/**
 * Opens the window of the worker that runs with a config, starts one where none does, and stays for its icon.
 *
 * @throws WorkerError `worker.not-running` | `folder.unusable`
 */
export async function openWorkerUi(
  choice: WindowChoice,
  effects: Effects,
  start: StartDetached = startDetached,
): Promise<OpenedUi> {
  const path = await configPathOf(choice.configPath, effects);
  const beside = siblingsOf(path);
  const log = openUiLog(effects);
  const syncLogin = async (enabled: boolean): Promise<void> =>
    (await openService(choice.configPath, effects)).syncLogin(enabled);
  const window = windowOf(choice.configPath, { path, start }, effects);
  return await openUi(choice, {
    window,
    log: log.logger,
    canShowIcon: () => canShowIcon(effects),
    async lock() {
      await makeConfigFolder(path, effects);
      return await acquireLock(beside.ui, { pid: effects.environment.pid, removes: true });
    },
    raise: () => effects.files.writeAtomic(beside.raise, askForWindow(effects.clock.now())),
    // The window that is open stays open.
    goOn: () =>
      continueAs(effects.environment.execPath, ownEnvironment(processVariables()), [
        'ui',
        '--minimised',
        ...(choice.configPath === undefined ? [] : ['--config', path]),
      ]),
    stay: (show, startedWorker) => stayInTray({ path, log, show, startedWorker, window, syncLogin }, effects),
  });
}

function windowOf(
  named: string | undefined,
  { path, start }: { readonly path: string; readonly start: StartDetached },
  effects: Effects,
): WindowDeps {
  const { clock, environment, files, http } = effects;
  return {
    pageUrl: async () => await askPageUrl(await files.readText(siblingsOf(path).localApi), http),
    serviceManager: () => serviceManager(named, effects),
    async startWorker(waitMs) {
      const [program = '', ...first] = ownCommand();
      const env = ownEnvironment(processVariables());
      return await start(program, [...first, 'run', '--log-file', '--config', path], { env, waitMs });
    },
    show: showBy(start),
    desktop: environment,
    clock,
  };
}

/** Undefined, too, where the system does not tell. */
async function serviceManager(named: string | undefined, effects: Effects): Promise<string | undefined> {
  // The window does without: `doctor` is what reports a service that cannot be asked.
  const service = await openService(named, effects).catch(() => undefined);
  const state = await service?.state().catch(() => undefined);
  return state === undefined || state === 'not-installed' ? undefined : service?.manager;
}
