import { toWorkerError } from '../../base/errors.ts';
import type { RunChoice } from '../../cli/world/worker.ts';
import { SECOND_MS } from '../../base/units.ts';
import { shownUrl } from '../../base/urls.ts';
import { sweepScratch } from '../../engines/programs/scratch.ts';
import type { Log } from '../../log/open-log.ts';
import type { Updater } from '../../release/update/updater.ts';
import { isAlive } from '../../system/process/alive.ts';
import { openServiceNotify, type ServiceNotify } from '../../system/process/service-notify.ts';
import { acquireLock } from '../../system/disk/lock.ts';
import { onStopSignals } from '../../system/process/signals.ts';
import { siblingsOf } from '../../config/paths.ts';
import { configPathOf, openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';
import { realEngines } from '../engines/engines.ts';
import { banner, openProcessLog } from '../log.ts';
import { type Survival, watchStart } from '../update/survival.ts';
import { openTrialRun, type TrialRun } from '../update/trial-child.ts';
import { composeUpdater } from '../update/updater.ts';
import { serveLocalApi } from '../worker/local-api.ts';
import { pageShell } from '../worker/page-shell.ts';
import type { WorkerSetup } from '../worker/setup.ts';
import { followCeiling } from '../worker/service-ceiling.ts';
import { LEAVE_MS, reportToService } from '../../worker/reports/service-report.ts';
import { type ComposedWorker, composeWorker } from '../worker/worker.ts';

/** One run of a worker. */
interface Run {
  readonly path: string;
  readonly log: Log;
  readonly effects: Effects;
  readonly stops: StopRequests;
  /** Undefined where no service manager started this process. */
  readonly notify: ServiceNotify | undefined;
}

/**
 * The `run` command: one worker per config folder, until it is stopped or refused. Gives the exit code.
 *
 * @throws WorkerError `config.invalid` | `config.insecure-url` | `config.not-saved` | `cli.usage`
 */
export async function runWorker(choice: RunChoice, effects: Effects): Promise<number> {
  const log = await openProcessLog(choice, effects);
  const path = await configPathOf(choice.configPath, effects);
  using stops = new StopRequests();
  try {
    using trial = openTrialRun(path, effects);
    // The manager listens to the process that it started, and that is the old version's still.
    const notify = trial === undefined ? await openServiceNotify(effects.environment) : undefined;
    const run: Run = { path, log, effects, stops, notify };
    if (trial === undefined) return await serveInTurn(run);
    trial.onEnd(() => stops.request());
    return await serve(run, { trial });
  } finally {
    await log.flush();
  }
}

/** Serves, lets a new version take over where there is one, and serves again when that one does not. */
async function serveInTurn(run: Run): Promise<number> {
  const { path, log, effects, stops } = run;
  using survival = watchStart(path, effects, log.logger.child({}, 'update'));
  const updater = composeUpdater(path, effects, {
    log: log.logger,
    flush: () => log.flush(),
    isStopped: () => stops.count > 0,
  });
  try {
    for (;;) {
      const code = await locked(run, () => serveAnew(run, { updater, survival }));
      await survival.survived();
      if (!updater.takesOver) return code;
      stops.passTo(() => updater.stop());
      using _feeding = feedWatchdog(run);
      await updater.takeOver(); // goes on as the new version, or comes back
      if (stops.count > 0) return code;
    }
  } catch (thrown) {
    // Whatever has a name and a remedy is no death: another version would not help.
    if (toWorkerError(thrown).code !== 'internal') await survival.survived();
    throw thrown;
  }
}

/** How often a manager with a watchdog hears of a process that is busy with its own replacement. */
const FEED_MS = 10 * SECOND_MS;

/** A takeover has limits of its own. */
function feedWatchdog({ notify, effects: { clock } }: Run): Disposable {
  let disarm = (): void => {};
  const feed = (): void => {
    notify?.send({ WATCHDOG: 1, STATUS: 'moving to another version' });
    disarm = clock.after(FEED_MS, feed);
  };
  feed();
  return { [Symbol.dispose]: () => disarm() };
}

/** Works under the lock of the config, which no other process gets meanwhile; 0 where one has it already. */
async function locked({ path, log, effects, notify }: Run, work: () => Promise<number>): Promise<number> {
  const lock = await acquireLock(siblingsOf(path).lock, { pid: effects.environment.pid });
  if (lock.is === 'taken') {
    // Not a fault: a service and a login entry may both start the worker, and one is enough.
    log.logger.info('worker.already-running', { pid: lock.by.pid ?? 'unknown', configPath: path });
    notify?.send({ READY: 1, STATUS: 'another worker runs with this config' }); // or this end counts as a failed start
    return 0;
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/**
 * Again for as long as an operator asks for it, so that every setting counts. Whoever stops the process ends this, too.
 */
async function serveAnew(run: Run, about: Pick<Serving, 'updater' | 'survival'>): Promise<number> {
  for (;;) {
    const restart = { isAsked: false };
    const code = await serve(run, { ...about, restart });
    if (!restart.isAsked || run.stops.count > 0) return code;
    run.log.logger.info('worker.restarting');
  }
}

/** What one worker of the process comes with. */
interface Serving {
  readonly updater?: Updater;
  readonly survival?: Survival;
  readonly trial?: TrialRun;
  /** Set where the process can start another worker when this one has ended. */
  readonly restart?: { isAsked: boolean };
}

/**
 * The life of one worker, from its config to its exit code. Whatever it opened is closed in the reverse order, the
 * config last.
 */
async function serve({ path, log, effects, stops, notify }: Run, about: Serving): Promise<number> {
  const learnSecret = (secret: string): void => log.redactor.learn(secret);
  const config = await openConfig(path, effects, { log: log.logger, learnSecret, watched: true });
  try {
    const { packSet, ...real } = realEngines(effects, { log: log.logger, config });
    const setup: WorkerSetup = {
      effects,
      config,
      log,
      ...real,
      ...(about.updater === undefined ? {} : { updater: about.updater }),
      ...(about.trial === undefined ? {} : { trial: about.trial.part }),
    };
    const worker = await composeWorker(setup);
    about.survival?.follow(worker.events);
    stops.passTo(() => worker.signal());
    announce(setup);
    void sweepScratch({ ...effects, ...effects.environment }, { isAlive, log: log.logger });
    await using _api = await serveLocalApi(worker, {
      ...setup,
      packSet,
      shell: pageShell,
      ...restartOf(about, worker),
    });
    const leaves = (): boolean => !(about.restart?.isAsked === true || about.updater?.takesOver === true);
    using _report = notify && reportTo(notify, worker, { ...setup, leaves });
    using _ceiling = notify && followCeiling(setup);
    return await worker.run();
  } finally {
    config.close();
  }
}

/** Ends a worker as a signal does, and has another one follow it. */
const restartOf = ({ restart }: Serving, worker: ComposedWorker): { readonly restart?: () => void } =>
  restart === undefined
    ? {}
    : {
        restart() {
          restart.isAsked = true;
          worker.signal();
        },
      };

const reportTo = (
  notify: ServiceNotify,
  worker: ComposedWorker,
  setup: WorkerSetup & { readonly leaves: () => boolean },
): Disposable =>
  reportToService({
    notify,
    events: worker.events,
    status: () => worker.status(),
    stopMs: () => setup.config.current.stop_grace_secs * SECOND_MS + LEAVE_MS,
    clock: setup.effects.clock,
    isHandingOver: () => !setup.leaves(),
  });

/**
 * Requests to stop this process, from its first line on: those that come while nobody takes them are passed on later.
 */
class StopRequests implements Disposable {
  #count = 0;
  #passed = 0;
  #to: (() => void) | undefined;
  readonly #unsubscribe = onStopSignals(() => this.request());

  get count(): number {
    return this.#count;
  }

  request(): void {
    this.#count += 1;
    this.#pass();
  }

  /** From now on they go there, those before included that nobody took. */
  passTo(call: () => void): void {
    this.#to = call;
    this.#pass();
  }

  #pass(): void {
    for (; this.#to !== undefined && this.#passed < this.#count; this.#passed++) this.#to();
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }
}

/** Identity and settings, before anything else happens. */
function announce({ config, log }: WorkerSetup): void {
  const { current } = config;
  const registered = current.worker_id !== undefined && current.auth_token !== undefined;
  const asked = current.registration_request_id;
  const unregistered = asked === undefined ? 'not registered yet' : `waiting for approval (request ${asked})`;
  banner(log, {
    configPath: config.path,
    studio: shownUrl(current.api_base_url),
    vramThresholdGb: current.vram_threshold_gb,
    claiming: current.auto_enabled ? 'on' : 'off',
    registration: registered ? `approved as ${current.worker_id}` : unregistered,
  });
}
