import { formatDuration, SECOND_MS } from '../base/units.ts';
import type { Capabilities } from '../contract/capabilities.ts';
import type { Offer } from '../contract/frames/inbound.ts';
import type { Engine } from '../engines/engine.ts';
import type { Quarantine } from '../engines/host/quarantine.ts';
import { createRegistry } from '../engines/registry.ts';
import { createHistory } from '../jobs/history.ts';
import type { Job } from '../jobs/job.ts';
import { createOutputCheck } from '../jobs/output-check.ts';
import { run, type RunDeps } from '../jobs/run.ts';
import { createSlot } from '../jobs/slot.ts';
import type { Log } from '../log/open-log.ts';
import { createModelStore } from '../models/store.ts';
import { createDelivery } from '../studio/delivery/deliver.ts';
import { openOutbox } from '../studio/delivery/outbox.ts';
import type { Registration, RegistrationOptions } from '../studio/registration/registration.ts';
import { createSession } from '../studio/session/driver.ts';
import { createClaims } from '../worker/claims.ts';
import { unfitReason } from '../worker/memory.ts';
import { createPipeline } from '../worker/pipeline.ts';
import { createStopping } from '../worker/stopping.ts';
import { createWorker, type Worker } from '../worker/worker.ts';
import type { ConfigStore } from '../config/store.ts';
import { siblingsOf } from './config.ts';
import type { Effects } from './effects.ts';
import { composeIdentity } from './identity.ts';
import { probeMachine } from './machine-facts.ts';
import { openMemory } from './memory.ts';
import { modelStoreOptions } from './models.ts';
import { allowedBaseUrl } from './studio-url.ts';

export interface WorkerSetup {
  readonly effects: Effects;
  readonly config: ConfigStore;
  readonly log: Log;
  readonly engines: readonly Engine[];
  /** Models whose engine crashed too often; none unless given. */
  readonly quarantine?: Pick<Quarantine, 'remainingMs'>;
  readonly registrationPolicy?: RegistrationOptions['policy'];
  /** How far a running job is, from 0 to 1. */
  readonly onProgress?: (jobId: string, share: number) => void;
}

export interface ComposedWorker extends Worker {
  readonly registration: Registration;
  /** One more request to stop. */
  signal(): void;
}

const GB = 1e9;

/**
 * Builds the worker from its config. Nothing runs yet.
 *
 * @throws WorkerError `config.invalid` | `config.insecure-url` for a studio that must not be spoken to
 */
export async function composeWorker(setup: WorkerSetup): Promise<ComposedWorker> {
  const { effects, config, engines } = setup;
  const { clock, random, sha256, files, http, sockets, environment } = effects;
  const log = setup.log.logger;
  const apiBaseUrl = allowedBaseUrl(config.current, log); // an edit counts from the next start
  const facts = await probeMachine({ effects, config, engines, log });
  const capabilities = (): Capabilities =>
    facts.capabilities({ claiming: config.current.auto_enabled && !stopping.underway });
  const { registration, credentials, approved } = composeIdentity(setup, { apiBaseUrl, capabilities });

  const slot = createSlot();
  const history = createHistory();
  let keepsClaims = false;
  const session = createSession({
    sockets,
    clock,
    random,
    log: log.child({}, 'session'),
    credentials,
    capabilities,
    currentJobId: () => slot.held?.jobId ?? delivery.currentJobId(),
    shipBuffer: setup.log.shipBuffer,
    maxFailures: config.current.ws_reconnect_attempts ?? 0,
    events: {
      onWelcome(welcome) {
        keepsClaims = welcome.features.includes('resume');
        delivery.onWelcome(welcome);
      },
      onOffer: (offer) => pipeline.onOffer(offer),
      onAck: (ack) => delivery.onAck(ack),
      onHeartbeatAck(ack) {
        claims.onHeartbeatAck(ack);
        pipeline.onHeartbeatAck(ack);
        delivery.onHeartbeatAck(ack);
      },
      onLost() {
        claims.onLost();
        delivery.onLost();
        pipeline.onLost();
      },
    },
  });
  const claims = createClaims(session);

  const outbox = await openOutbox({
    dir: siblingsOf(config.path).outbox,
    maxBytes: config.current.outbox_max_gb * GB,
    files,
    clock,
    sha256,
    log: log.child({}, 'delivery'),
  });
  const delivery = createDelivery({
    http,
    outbox,
    sender: claims,
    credentials,
    clock,
    random,
    log: log.child({}, 'delivery'),
    keepsClaims: () => keepsClaims,
  });

  const stopping = createStopping({
    slot,
    clock,
    log,
    graceMs: () => config.current.stop_grace_secs * SECOND_MS,
    onStopping: () => session.beat(),
    onHandingBack: () => void delivery.stop(), // an upload that stands still would hold the slot for minutes
    leave: async () => {
      await Promise.allSettled([registration.stop(), session.stop()]);
      await delivery.stop();
    },
  });

  const registry = createRegistry(engines);
  const peaksPath = siblingsOf(config.path).peaks;
  const memory = await openMemory(effects, { engines, peaksPath, log: log.child({}, 'jobs') });
  const models = createModelStore(modelStoreOptions(effects, config, log));
  const outputCheck = createOutputCheck({ images: effects.images, policy: () => config.current.output_check });
  const pipeline = createPipeline({
    slot,
    claims,
    delivery,
    history,
    clock,
    log: log.child({}, 'jobs'),
    run: async (job, jobLog, signal) => {
      await using files = models.lease();
      const filesFor: RunDeps['filesFor'] = (wanted, abort) => files.filesFor(wanted, abort);
      const onProgress = progressOf(setup, job);
      return await run(
        job,
        { registry, filesFor, memory: memory.gate, outputCheck, clock, log: jobLog, onProgress },
        signal,
      );
    },
    snapshot: (offer) => ({
      unfit: quarantineReason(setup, offer) ?? unfitReason(memory.gate.verdict(offer)),
      paused: !config.current.auto_enabled,
      onlyWhenIdle: config.current.only_when_idle,
      userPresence: undefined,
      stopping: stopping.underway,
      outboxFull: !delivery.hasRoom(),
    }),
  });

  registration.onChange(() => session.credentialsChanged());
  config.onChange(() => {
    session.beat();
    registration.reread(); // `register` in another process: whoever still waits, or was turned down, asks anew
  });

  const worker = createWorker({
    registration: {
      start: () => registration.start(),
      stop: () => registration.stop(),
      status: () => registration.status(),
      approved,
    },
    session,
    delivery,
    pipeline,
    history,
    slot,
    stopping,
    clock,
    log,
    facts: () => ({
      pid: environment.pid,
      configPath: config.path,
      enabled: config.current.auto_enabled,
      workerId: credentials()?.workerId,
      vramTotalGb: facts.vramTotalGb(),
      vramThresholdGb: config.current.vram_threshold_gb,
    }),
  });
  return {
    async run() {
      try {
        return await worker.run();
      } finally {
        await memory.close();
      }
    },
    status: () => worker.status(),
    signal: () => stopping.signal(),
    registration,
  };
}

/** Why this offer would most likely crash the engine once more. */
function quarantineReason({ quarantine }: WorkerSetup, { modelSource, model }: Offer): string | undefined {
  const leftMs = quarantine?.remainingMs(modelSource.engine, model) ?? 0;
  if (leftMs === 0) return undefined;
  return `${model} crashed the ${modelSource.engine} engine again and again; not taken for ${formatDuration(leftMs)}`;
}

const progressOf =
  ({ onProgress }: WorkerSetup, job: Job) =>
  (done: number, total: number): void =>
    onProgress?.(job.id, total > 0 ? done / total : 0);
