import type { RunChoice } from '../../cli/world/worker.ts';
import { SECOND_MS } from '../../base/units.ts';
import { sweepScratch } from '../../engines/programs/scratch.ts';
import type { Log } from '../../log/open-log.ts';
import { SEEDS } from '../../models/catalogue/seeds.ts';
import type { Updater } from '../../release/update/updater.ts';
import { isAlive } from '../../system/process/alive.ts';
import { openServiceNotify, type ServiceNotify } from '../../system/process/service-notify.ts';
import { acquireLock } from '../../system/disk/lock.ts';
import { onStopSignals } from '../../system/process/signals.ts';
import { siblingsOf } from '../../config/paths.ts';
import { configPathOf, openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';
import { underGpuRules } from '../gpu-rules.ts';
import { realEngines } from '../engines/engines.ts';
import { openProcessLog } from '../log.ts';
import type { TrialRun } from '../../release/update/trial-run.ts';
import type { Survival } from '../../worker/process/survival.ts';
import { openSurvival } from '../update/survival.ts';
import { openTrialRun } from '../update/trial-child.ts';
import { composeUpdater } from '../update/updater.ts';
import { openLocalApi } from '../worker/local-api.ts';
import { installationView } from '../worker/installation-view.ts';
import { pageShell } from '../page-shell.ts';
import type { WorkerSetup } from '../worker/setup.ts';
import { followCeiling } from '../worker/service-ceiling.ts';
import { onePerConfig } from '../../worker/process/one-per-config.ts';
import { StopRequests } from '../../worker/process/stop-requests.ts';
import { type Restart, serveInTurn } from '../../worker/process/turns.ts';
import { reportStart } from '../../worker/reports/start-report.ts';
import { reportTakeover } from '../../worker/reports/takeover-report.ts';
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
  const path = await configPathOf(choice.configPath, effects);
  const log = await openProcessLog(choice, effects, choice.logFile ? siblingsOf(path) : undefined);
  using stops = new StopRequests(onStopSignals);
  try {
    using trial = openTrialRun(path, effects);
    // The manager listens to the process that it started, and that is the old version's still.
    const notify = trial === undefined ? await openServiceNotify(effects.environment) : undefined;
    const run: Run = { path, log, effects, stops, notify };
    if (trial === undefined) return await serveInProcess(run);
    trial.onEnd(() => stops.request());
    return await serve(run, { trial });
  } finally {
    await log.flush();
  }
}

/** Lets workers and new versions take turns in this process, under the lock of the config. */
async function serveInProcess(run: Run): Promise<number> {
  const { path, log, effects, stops, notify } = run;
  using survival = openSurvival(path, effects, log.logger.child({}, 'update'));
  const updater = composeUpdater(path, effects, {
    log: log.logger,
    flush: () => log.flush(),
    isStopped: () => stops.count > 0,
  });
  const acquire = () => acquireLock(siblingsOf(path).lock, { pid: effects.environment.pid });
  return await serveInTurn({
    serve: (restart) => serve(run, { updater, survival, restart }),
    underLock: (work) => onePerConfig({ configPath: path, acquire, notify, log: log.logger }, work),
    updater,
    survived: () => survival.survived(),
    stops,
    reportTakeover: () => (notify === undefined ? NO_REPORT : reportTakeover(notify, effects.clock)),
    log: log.logger,
  });
}

const NO_REPORT: Disposable = { [Symbol.dispose]: () => {} };

/** What one worker of the process comes with. */
interface Serving {
  readonly updater?: Updater;
  readonly survival?: Survival;
  readonly trial?: TrialRun;
  /** Set where the process can start another worker when this one has ended. */
  readonly restart?: Restart;
}

/**
 * The life of one worker, from its config to its exit code. Whatever it opened is closed in the reverse order, the
 * config last.
 */
async function serve({ path, log, effects: world, stops, notify }: Run, about: Serving): Promise<number> {
  const learnSecret = (secret: string): void => log.redactor.learn(secret);
  const config = await openConfig(path, world, { log: log.logger, learnSecret, watched: true });
  try {
    const effects = underGpuRules(world, config);
    const { packSet, ...real } = realEngines(effects, { log: log.logger, config });
    const setup: WorkerSetup = {
      effects,
      config,
      log,
      seeds: SEEDS,
      ...real,
      ...(about.updater === undefined ? {} : { updater: about.updater }),
      ...(about.trial === undefined ? {} : { trial: about.trial.part }),
    };
    const worker = await composeWorker(setup);
    about.survival?.follow(worker.events);
    stops.passTo(() => worker.signal());
    reportStart(config, log.logger);
    void sweepScratch({ ...effects, ...effects.environment }, { isAlive, log: log.logger });
    await using api = await openLocalApi(worker, {
      ...setup,
      packSet,
      installation: (control) => installationView(setup, control),
      shell: pageShell('worker'),
      ...restartOf(about, worker),
    });
    const leaves = (): boolean => !(about.restart?.isAsked === true || about.updater?.takesOver === true);
    using _report = notify && reportTo(notify, worker, { ...setup, leaves });
    using _ceiling = notify && followCeiling(setup);
    // The studio is dialled first: the API is made to listen while the connection is on its way.
    const [code] = await Promise.all([worker.run(), api.listen()]);
    return code;
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
