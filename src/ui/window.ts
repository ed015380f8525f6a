import { WorkerError } from '../base/errors.ts';
import { pause } from '../base/pause.ts';
import { SECOND_MS } from '../base/units.ts';
import { WINDOW_QUERY } from '../contract/page/access.ts';
import type { Clock } from '../system/clock.ts';
import type { Detached } from '../system/desktop/detached.ts';
import { type Desktop, type WindowWay, windowWays } from './browsers.ts';

/** What came of opening the window. */
export interface OpenedWindow {
  /** `none`: nothing on this machine could show it, or nothing was to. */
  readonly shown: WindowWay['how'] | 'none';
  /** With a code that opens it once, within a minute. */
  readonly url: string;
  /** A worker was started for it. */
  readonly startedWorker: boolean;
}

/** The worker that the window is of, and the desktop that shows it. */
export interface WindowDeps {
  /** An address that opens the page once; undefined where no worker serves one. */
  readonly pageUrl: () => Promise<string | undefined>;
  /** The manager of the service that starts this worker; undefined where nothing does. */
  readonly serviceManager: () => Promise<string | undefined>;
  /** Starts a worker that goes on without us. One that fails within `waitMs` has failed. */
  readonly startWorker: (waitMs: number) => Promise<Detached>;
  /** Starts what shows the page; likewise. */
  readonly show: (way: WindowWay, waitMs: number) => Promise<Detached>;
  readonly desktop: Desktop;
  readonly clock: Pick<Clock, 'elapsed' | 'after'>;
}

/** From a start to an API that listens; a slow disk and a first unpacking of native files are in it. */
const START_MS = 20 * SECOND_MS;
const LOOK_AGAIN_MS = 250;
/** A browser that hands a page to one that runs ends at once; one that cannot show it has failed by then. */
const SHOW_MS = 1.5 * SECOND_MS;

/**
 * Opens the window of a running worker, and starts one where none runs. A worker that a service starts is left to it.
 *
 * @throws WorkerError `worker.not-running`
 */
export async function openWindow(printOnly: boolean, deps: WindowDeps): Promise<OpenedWindow> {
  const running = await deps.pageUrl();
  const url = running ?? (await startWorker(deps));
  const shown = printOnly ? 'none' : await showPage(asWindow(url), deps);
  return { shown, url, startedWorker: running === undefined };
}

/** An address whose page is the window of the worker: a window that is open gives way to it. One that is printed is not. */
const asWindow = (url: string): string => url.replace('/#', `/?${WINDOW_QUERY}#`);

/** Starts a worker where none runs, and shows nothing. @throws WorkerError `worker.not-running` */
export const readyWorker = (deps: WindowDeps): Promise<OpenedWindow> => openWindow(true, deps);

/** Waits until the worker that it starts serves its page. */
async function startWorker(deps: WindowDeps): Promise<string> {
  const { clock, pageUrl } = deps;
  await assertNoService(deps);
  const started = await deps.startWorker(LOOK_AGAIN_MS);
  const until = clock.elapsed() + (started === 'failed' ? 0 : START_MS);
  while (clock.elapsed() < until) {
    const url = await pageUrl();
    if (url !== undefined) return url;
    await pause(clock, LOOK_AGAIN_MS);
  }
  throw new WorkerError('worker.not-running', 'a worker was started for the window, and serves none', {
    hint: 'Run `studio-worker run` in a terminal to see why.',
  });
}

/** Two would race for the same lock, and the one that lost would be the one that is kept alive. */
async function assertNoService({ serviceManager }: WindowDeps): Promise<void> {
  const manager = await serviceManager();
  if (manager === undefined) return;
  throw new WorkerError('worker.not-running', `the worker is a service of ${manager}, which does not run now`, {
    hint: 'Start the service, or run `studio-worker doctor` to see why it stopped.',
  });
}

/** Shows a page in the best way that this desktop has; `none` where it has none. */
export async function showPage(
  url: string,
  { desktop, show }: Pick<WindowDeps, 'desktop' | 'show'>,
): Promise<OpenedWindow['shown']> {
  for (const way of windowWays(url, desktop)) {
    if ((await show(way, SHOW_MS)) === 'started') return way.how;
  }
  return 'none';
}
