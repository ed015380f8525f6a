import type { WorkerError } from '../../base/errors.ts';
import type { JobId } from '../../base/ids.ts';
import { SECOND_MS } from '../../base/units.ts';
import type { Capabilities } from '../../contract/capabilities.ts';
import { createHistory } from '../../jobs/history.ts';
import { createSlot, type Slot } from '../../jobs/slot.ts';
import type { Registration } from '../../studio/registration/registration.ts';
import { createStopping, type Stopping } from '../../worker/stop-driver.ts';
import { createWorker, type Worker } from '../../worker/worker.ts';
import { createWorkerControl, type WorkerControl } from '../../worker/control/control.ts';
import { composeIdentity } from './identity.ts';
import { composeLine, type Line } from './studio-link.ts';
import { probeMachine } from './machine-facts.ts';
import { allowedBaseUrl } from '../studio-url.ts';
import { composeWork, type Work } from './jobs.ts';
import type { WorkerSetup } from './setup.ts';

export interface ComposedWorker extends Worker {
  readonly registration: Registration;
  readonly control: WorkerControl;
  /** One more request to stop. */
  signal(): void;
}

/**
 * Builds the worker from its config. Nothing runs yet.
 *
 * @throws WorkerError `config.invalid` | `config.insecure-url` for a studio that must not be spoken to
 */
export async function composeWorker(setup: WorkerSetup): Promise<ComposedWorker> {
  const { effects, config, engines } = setup;
  const { clock } = effects;
  const log = setup.log.logger;
  const apiBaseUrl = allowedBaseUrl(config.current, log); // an edit counts from the next start
  const facts = await probeMachine({ effects, config, engines, log });
  const enabled = config.live('auto_enabled');
  const thresholdGb = config.live('vram_threshold_gb');
  const capabilities = (): Capabilities => facts.capabilities({ claiming: enabled() && !stopping.underway });
  const { registration, credentials, approved } = composeIdentity(setup, { apiBaseUrl, capabilities });
  const slot = createSlot();
  const history = createHistory();
  const line = await composeLine(setup, {
    credentials,
    capabilities,
    slot,
    pipeline: () => work.pipeline,
    onWelcome: () => work.restore(),
  });
  const stopping = composeStopping(setup, { slot, line, registration });
  const isStopping = (): boolean => stopping.underway;
  const work: Work = await composeWork(setup, { ...line, slot, history, isStopping });
  follow(setup, line, registration);

  const worker = createWorker({
    registration: {
      start: () => registration.start(),
      stop: () => registration.stop(),
      status: () => registration.status(),
      approved,
    },
    session: line.session,
    delivery: line.delivery,
    pipeline: work.pipeline,
    history,
    slot,
    stopping,
    clock,
    log,
    facts: () => ({
      pid: effects.environment.pid,
      configPath: config.path,
      enabled: enabled(),
      workerId: credentials()?.workerId,
      vramTotalGb: facts.vramTotalGb(),
      vramThresholdGb: thresholdGb(),
      models: work.models(),
    }),
  });
  return {
    async run() {
      try {
        return await worker.run();
      } finally {
        await work.close();
      }
    },
    status: () => worker.status(),
    signal: () => stopping.signal(),
    control: createWorkerControl({
      status: () => worker.status(),
      saveEnabled: async (enabled) => void (await config.update({ auto_enabled: enabled })),
      reload: () => config.reload(),
      load: work.load,
      unload: work.unload,
      cancel: (jobId, reason) => cancelIn(slot, jobId, reason),
      stop: () => stopping.signal(),
    }),
    registration,
  };
}

/** A job that is on its way to the studio is done: there is nothing left to cancel. */
function cancelIn(slot: Slot, jobId: JobId, reason: WorkerError): boolean {
  if (slot.held?.jobId !== jobId || slot.held.phase !== 'running') return false;
  slot.cancel(reason);
  return true;
}

/** What stopping means for everything that runs here. */
function composeStopping(
  { effects, config, log }: WorkerSetup,
  parts: { readonly slot: Slot; readonly line: Line; readonly registration: Registration },
): Stopping {
  const { session, delivery } = parts.line;
  const graceSecs = config.live('stop_grace_secs');
  return createStopping({
    slot: parts.slot,
    clock: effects.clock,
    log: log.logger,
    graceMs: () => graceSecs() * SECOND_MS,
    onStopping: () => session.beat(),
    onHandingBack: () => void delivery.stop(), // an upload that stands still would hold the slot for minutes
    leave: async () => {
      await Promise.allSettled([parts.registration.stop(), session.stop()]);
      await delivery.stop();
    },
  });
}

/** Edits of the config reach who must know of them. */
function follow({ config }: WorkerSetup, { session }: Line, registration: Registration): void {
  registration.onChange(() => session.credentialsChanged());
  config.onChange(() => {
    session.beat();
    registration.reload(); // `register` in another process: whoever still waits, or was turned down, asks anew
  });
}
