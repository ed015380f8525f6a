import type { WindowChoice } from '../../cli/world/window.ts';
import { siblingsOf } from '../../config/paths.ts';
import { type StartDetached, startDetached } from '../../system/desktop/detached.ts';
import { childEnvironment, ourVariables, ownCommand, ownEnvironment } from '../../system/process/processes.ts';
import { askPageUrl } from '../../ui/page-url.ts';
import { type OpenedWindow, openWindow } from '../../ui/window.ts';
import { configPathOf } from '../config.ts';
import type { Effects } from '../effects.ts';
import { openService } from './service.ts';

/**
 * Opens the window of the worker that runs with a config, and starts one where none does.
 *
 * @throws WorkerError `worker.not-running`
 */
export async function openWorkerWindow(
  { configPath, printOnly }: WindowChoice,
  effects: Effects,
  start: StartDetached = startDetached,
): Promise<OpenedWindow> {
  const { clock, environment, files, http } = effects;
  const path = await configPathOf(configPath, effects);
  return await openWindow(printOnly, {
    pageUrl: async () => await askPageUrl(await files.readText(siblingsOf(path).localApi), http),
    serviceManager: () => serviceManager(configPath, effects),
    async startWorker(waitMs) {
      const [program = '', ...first] = ownCommand();
      const env = ownEnvironment(ourVariables());
      return await start(program, [...first, 'run', '--config', path], { env, waitMs });
    },
    show: ({ program, args }, waitMs) => start(program, args, { env: childEnvironment(ourVariables()), waitMs }),
    desktop: environment,
    clock,
  });
}

/** Undefined, too, where the system does not tell. */
async function serviceManager(named: string | undefined, effects: Effects): Promise<string | undefined> {
  const service = await openService(named, effects).catch(() => undefined);
  const state = await service?.state().catch(() => undefined);
  return state === undefined || state === 'not-installed' ? undefined : service?.manager;
}
