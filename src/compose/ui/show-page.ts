import { type StartDetached, startDetached } from '../../system/desktop/detached.ts';
import { childEnvironment, processVariables } from '../../system/process/processes.ts';
import { type OpenedWindow, showPage, type WindowDeps } from '../../ui/window.ts';
import type { Effects } from '../effects.ts';

/** Shows a page on the desktop of this account; `none` where nothing here can. */
export const showPageHere = (
  url: string,
  { environment }: Pick<Effects, 'environment'>,
): Promise<OpenedWindow['shown']> => showPage(url, { desktop: environment, show: showBy(startDetached) });

/** Starts what shows a page, so that it goes on without us. */
export const showBy =
  (start: StartDetached): WindowDeps['show'] =>
  ({ program, args }, waitMs) =>
    start(program, args, { env: childEnvironment(processVariables()), waitMs });
