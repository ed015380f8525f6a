import { errorChain, WorkerError } from '../base/errors.ts';
import { type ApiLink, followEvents } from '../local-api/client/follow-events.ts';
import { type ApiEvent, readEvent, TRAY_CLIENT } from '../local-api/contract/events.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock } from '../system/clock.ts';
import type { ApiAsk } from '../system/net/worker-api.ts';
import type { OpenTray, Tray } from '../system/desktop/tray/tray.ts';
import { STALE_MS, TRAY_ACTIONS, type TrayAction, trayLook, type WatchedWorker } from './look.ts';
import { stopWorker } from './stop-worker.ts';

/*
 * What goes on while the window is closed: the icon shows the worker, and its menu steers it.
 *
 *   events of the worker ──▶ view ──▶ look ──▶ tray          menu ──▶ window, worker, end
 */

export interface TrayDeps {
  readonly clock: Pick<Clock, 'now' | 'elapsed' | 'after'>;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly openTray: OpenTray;
  /** Asks the running worker. Rejects where none answers. */
  readonly ask: (request: ApiAsk) => Promise<Response>;
  /** Opens the window, and starts a worker where none runs. */
  readonly openWindow: () => Promise<void>;
  readonly isService: () => Promise<boolean>;
  readonly isWorkerRunning: () => Promise<boolean>;
  /** How long the worker waits for its job when it stops. */
  readonly graceMs: () => number;
  readonly onEvent: (event: ApiEvent) => void;
  readonly onLink: (link: ApiLink['is']) => void;
}

/** The icon of one worker, until it is told to quit. */
export interface WorkerIcon extends AsyncDisposable {
  /** Settles when the operator quit. */
  readonly ended: Promise<void>;
}

const GLANCE = { [TRAY_CLIENT.header]: TRAY_CLIENT.value };

export const openWorkerIcon = (deps: TrayDeps): WorkerIcon => new OpenedIcon(deps);

class OpenedIcon implements WorkerIcon {
  readonly #deps: TrayDeps;
  readonly #tray: Tray;
  readonly #end = Promise.withResolvers<void>();
  readonly #stopFollowing: () => void;
  #view: WatchedWorker = { link: 'opening', status: undefined, isService: false, isQuitting: false };
  #disarm = (): void => {};
  #hurry = (): void => {};

  constructor(deps: TrayDeps) {
    this.#deps = deps;
    const { clock, log, ask } = deps;
    this.#tray = deps.openTray({
      look: trayLook(this.#view, clock.now()),
      onActivate: () => this.#act('open'),
      onAction: (name) => {
        const action = TRAY_ACTIONS.find((one) => one === name);
        if (action !== undefined) this.#act(action);
      },
      onShown: (isShown, because) => (isShown ? log.info('tray.shown') : log.info('tray.hidden', { because })),
    });
    const followed = followEvents({
      now: () => clock.now(),
      after: (ms, call) => clock.after(ms, call),
      request: (path, init) =>
        ask({ method: 'GET', path, signal: init.signal, headers: { ...init.headers, ...GLANCE } }),
      onLink: (link) => this.#onLink(link),
      onEvents: (events) => {
        for (const event of events.flatMap(readEvent)) this.#onEvent(event);
      },
    });
    this.#stopFollowing = () => followed.close();
  }

  get ended(): Promise<void> {
    return this.#end.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopFollowing();
    this.#disarm();
    this.#end.resolve();
    await this.#tray[Symbol.asyncDispose]();
  }

  #onLink({ is: link }: ApiLink): void {
    if (link === 'live' && this.#view.link !== 'live') void this.#readService();
    this.#change({ link });
    if (!this.#view.isQuitting) this.#deps.onLink(link);
  }

  /** A service may have been installed or removed since. */
  async #readService(): Promise<void> {
    this.#change({ isService: await this.#deps.isService() });
  }

  #onEvent(event: ApiEvent): void {
    if (event.event === 'status') this.#change({ status: event.data });
    this.#deps.onEvent(event);
  }

  #change(change: Partial<WatchedWorker>): void {
    this.#view = { ...this.#view, ...change };
    this.#show();
  }

  /** Shows it again when the last heartbeat would be too long ago: nothing else tells of silence. */
  #show(): void {
    const { clock } = this.#deps;
    this.#tray.show(trayLook(this.#view, clock.now()));
    this.#disarm();
    this.#disarm = clock.after(STALE_MS, () => this.#show());
  }

  #act(action: TrayAction): void {
    const done = { open: () => this.#open(), pause: () => this.#ask('pause'), resume: () => this.#ask('resume') };
    const work = action === 'quit' ? this.#quit() : done[action]();
    void work.catch((thrown: unknown) => this.#deps.log.warn('tray.failed', { action, error: errorChain(thrown) }));
  }

  async #open(): Promise<void> {
    if (!this.#view.isQuitting) await this.#deps.openWindow();
  }

  async #ask(what: 'pause' | 'resume' | 'shutdown'): Promise<void> {
    const response = await this.#deps.ask({ method: 'POST', path: `/daemon/${what}` });
    if (response.ok) return;
    throw new WorkerError('worker.unresponsive', `the running worker answered with status ${response.status}`, {
      hint: 'Read its log; restart it if it stays like this.',
    });
  }

  async #quit(): Promise<void> {
    if (this.#view.isQuitting) return this.#hurry();
    const { clock, log, isService, isWorkerRunning, graceMs } = this.#deps;
    if (!(await isService()) && (await isWorkerRunning())) {
      this.#change({ isQuitting: true });
      const stopped = await stopWorker({
        clock,
        ask: () => this.#ask('shutdown').catch(() => {}), // one that is about to end answers no more
        isRunning: isWorkerRunning,
        graceMs: graceMs(),
        onHurry: (call) => (this.#hurry = call),
      });
      if (!stopped) log.warn('tray.worker-stays');
    }
    this.#end.resolve();
  }
}
