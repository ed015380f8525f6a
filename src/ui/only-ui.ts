import { errorChain } from '../base/errors.ts';
import type { Logger } from '../log/logger.ts';
import type { Lock } from '../system/disk/lock.ts';
import { type OpenedWindow, openWindow, readyWorker, type WindowDeps } from './window.ts';

/** Why it did not stay: it was told so, or another version of the program is in its place. */
export type StayEnd = 'told' | 'replaced';

/** What came of `ui`: the window, and whether this process stays for its icon. */
export interface OpenedUi extends OpenedWindow {
  /** Another process has the icon of this config: it was asked to open the window. */
  readonly raised: boolean;
  /** Settles when this process is told to end; absent where it has nothing to stay for. */
  readonly stays?: Promise<void>;
}

export interface UiDeps {
  readonly window: WindowDeps;
  readonly log: Pick<Logger, 'warn'>;
  readonly canShowIcon: () => Promise<boolean>;
  /** The lock of the one process with an icon for this config. */
  readonly lock: () => Promise<Lock>;
  /** Has the process that holds it open the window. */
  readonly raise: () => Promise<void>;
  /** Shows the icon until the operator quits; `show` opens the window. `startedWorker`: the worker that runs is ours. */
  readonly stay: (show: () => Promise<OpenedWindow>, startedWorker: boolean) => Promise<StayEnd>;
  /** Goes on as the program that was put in the place of this one. */
  readonly goOn: () => void;
}

export interface UiChoice {
  /** Only says where the window is. */
  readonly printOnly: boolean;
  /** Opens no window, as at a login. */
  readonly minimised: boolean;
}

/**
 * Opens the window, and stays for the icon where the desktop can show one. A second process has the first open its window,
 * and does not stay.
 *
 * @throws WorkerError `worker.not-running` | `folder.unusable`
 */
export async function openUi(choice: UiChoice, deps: UiDeps): Promise<OpenedUi> {
  const stays = !choice.printOnly && (await deps.canShowIcon());
  if (!stays) {
    const { window } = deps;
    const opened = choice.minimised ? await readyWorker(window) : await openWindow(choice.printOnly, window);
    return { ...opened, raised: false };
  }
  const lock = await deps.lock();
  if (lock.is === 'taken') {
    if (!choice.minimised) await deps.raise();
    return { shown: 'none', url: '', startedWorker: false, raised: true };
  }
  try {
    const opened = choice.minimised ? await readyQuietly(deps) : await openWindow(false, deps.window);
    const show = (): Promise<OpenedWindow> => openWindow(false, deps.window);
    return {
      ...opened,
      raised: false,
      stays: stayUntilEnd(() => deps.stay(show, opened.startedWorker), lock, deps),
    };
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

/** Another program has to get the lock, so it comes after its release. */
async function stayUntilEnd(
  stay: () => Promise<StayEnd>,
  lock: { release(): void },
  { goOn }: Pick<UiDeps, 'goOn'>,
): Promise<void> {
  const end = await stay().finally(() => lock.release());
  if (end === 'replaced') goOn();
}

/** At a login nobody is there to read that there is no worker yet: the icon shows it. */
async function readyQuietly({ window, log }: UiDeps): Promise<OpenedWindow> {
  try {
    return await readyWorker(window);
  } catch (thrown) {
    log.warn('tray.no-worker', { error: errorChain(thrown) });
    return { shown: 'none', url: '', startedWorker: false };
  }
}
