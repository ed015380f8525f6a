import { formatDuration } from '../base/units.ts';
import type { Offer } from '../contract/frames/inbound.ts';
import { createRegistry } from '../engines/registry.ts';
import type { JobHistory } from '../jobs/history.ts';
import type { Job } from '../jobs/job.ts';
import { createOutputCheck } from '../jobs/output-check.ts';
import { type ModelUse, run, type RunDeps } from '../jobs/run.ts';
import type { Slot } from '../jobs/slot.ts';
import { createModelStore } from '../models/store.ts';
import { unfitReason } from '../worker/memory.ts';
import { createPipeline, type Pipeline } from '../worker/pipeline.ts';
import { siblingsOf } from './config.ts';
import type { Line } from './line.ts';
import { openMemory } from './memory.ts';
import { modelStoreOptions } from './models.ts';
import type { WorkerSetup } from './worker.ts';

/** What turns an offer into an outcome. */
export interface Work {
  readonly pipeline: Pipeline;
  /** Keeps what was learnt about memory. */
  close(): Promise<void>;
}

export interface WorkFacts extends Pick<Line, 'claims' | 'delivery'> {
  readonly slot: Slot;
  readonly history: JobHistory;
  readonly isStopping: () => boolean;
}

export async function composeWork(setup: WorkerSetup, facts: WorkFacts): Promise<Work> {
  const { config, effects, engines } = setup;
  const { clock } = effects;
  const log = setup.log.logger.child({}, 'jobs');
  const { slot, history, claims, delivery } = facts;
  const registry = createRegistry(engines);
  const memory = await openMemory(effects, { engines, peaksPath: siblingsOf(config.path).peaks, log });
  const models = createModelStore(modelStoreOptions(effects, config, setup.log.logger));
  const outputCheck = createOutputCheck({ images: effects.images, policy: () => config.current.output_check });
  const pipeline = createPipeline({
    slot,
    claims,
    delivery,
    history,
    clock,
    log,
    run: async (job, jobLog, signal) => {
      await using files = models.lease();
      const filesFor: RunDeps['filesFor'] = (wanted, abort) => files.filesFor(wanted, abort);
      const onProgress = progressOf(setup, job);
      const deps = {
        registry,
        filesFor,
        memory: memory.gate,
        models: eachTime,
        outputCheck,
        clock,
        log: jobLog,
        onProgress,
      };
      return await run(job, deps, signal);
    },
    snapshot: (offer) => ({
      unfit: quarantineReason(setup, offer) ?? unfitReason(memory.gate.verdict(offer)),
      paused: !config.current.auto_enabled,
      onlyWhenIdle: config.current.only_when_idle,
      userPresence: undefined,
      stopping: facts.isStopping(),
      outboxFull: !delivery.hasRoom(),
    }),
  });
  return { pipeline, close: () => memory.close() };
}

/** Loads a model for each job and frees it with the job. */
const eachTime: ModelUse = {
  lend: async ({ engine, files, how }, signal, use) => {
    await using model = await engine.load(files, signal, how);
    return await use(model);
  },
};

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
