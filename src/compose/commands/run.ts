import type { RunChoice } from '../../cli/world/worker.ts';
import { SECOND_MS } from '../../base/units.ts';
import { shownUrl } from '../../base/urls.ts';
import { sweepScratch } from '../../engines/programs/scratch.ts';
import type { Log } from '../../log/open-log.ts';
import { isAlive } from '../../system/process/alive.ts';
import { openServiceNotify, type ServiceNotify } from '../../system/process/service-notify.ts';
import { acquireLock } from '../../system/disk/lock.ts';
import { onStopSignals } from '../../system/process/signals.ts';
import { siblingsOf } from '../../config/paths.ts';
import { configPathOf, openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';
import { realEngines } from '../engines/engines.ts';
import { banner, openProcessLog } from '../log.ts';
import { serveSocket } from '../worker/control-socket.ts';
import type { WorkerSetup } from '../worker/setup.ts';
import { LEAVE_MS, reportToService } from '../worker/service-report.ts';
import { type ComposedWorker, composeWorker } from '../worker/worker.ts';

/**
 * The `run` command: one worker per config folder, until it is stopped or refused. Gives the exit code.
 *
 * @throws WorkerError `config.invalid` | `config.insecure-url` | `config.not-saved` | `cli.usage`
 */
export async function runWorker(choice: RunChoice, effects: Effects): Promise<number> {
  const log = await openProcessLog(choice, effects);
  const notify = await openServiceNotify(effects.environment);
  const path = await configPathOf(choice.configPath, effects);
  const lock = await acquireLock(siblingsOf(path).lock, { pid: effects.environment.pid });
  if (lock.is === 'taken') {
    // Not a fault: a service and a login entry may both start the worker, and one is enough.
    log.logger.info('worker.already-running', { pid: lock.by.pid ?? 'unknown', configPath: path });
    notify?.send({ READY: 1, STATUS: 'another worker runs with this config' }); // or this end counts as a failed start
    return 0;
  }
  try {
    return await serve({ path, log, notify }, effects);
  } finally {
    await log.flush();
    lock.release();
  }
}

interface Serving {
  readonly path: string;
  readonly log: Log;
  /** Undefined where no service manager started this process. */
  readonly notify: ServiceNotify | undefined;
}

async function serve({ path, log, notify }: Serving, effects: Effects): Promise<number> {
  const learnSecret = (secret: string): void => log.redactor.learn(secret);
  const config = await openConfig(path, effects, { log: log.logger, learnSecret, watched: true });
  // From the first line on, which putting the worker together may write: what is asked meanwhile is passed on after it.
  let early = 0;
  let stop = (): void => void (early += 1);
  const unsubscribe = onStopSignals(() => stop());
  try {
    const setup: WorkerSetup = {
      effects,
      config,
      log,
      ...realEngines(effects, { log: log.logger, config }),
    };
    const worker = await composeWorker(setup);
    stop = () => worker.signal();
    for (let asked = 0; asked < early; asked++) stop();
    announce(setup);
    void sweepScratch({ ...effects, ...effects.environment }, { isAlive, log: log.logger });
    await using _control = await serveSocket(worker.control, { ...setup, configPath: path });
    using _report = notify && reportTo(notify, worker, setup);
    return await worker.run();
  } finally {
    unsubscribe();
    config.close();
  }
}

const reportTo = (notify: ServiceNotify, worker: ComposedWorker, { config, effects }: WorkerSetup): Disposable =>
  reportToService({
    notify,
    events: worker.events,
    status: () => worker.status(),
    stopMs: () => config.current.stop_grace_secs * SECOND_MS + LEAVE_MS,
    clock: effects.clock,
  });

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
