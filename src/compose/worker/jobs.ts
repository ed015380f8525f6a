import { formatDuration } from '../../base/units.ts';
import type { Offer } from '../../contract/frames/inbound.ts';
import { createRegistry } from '../../engines/registry.ts';
import type { JobHistory } from '../../jobs/history.ts';
import type { Job } from '../../jobs/job.ts';
import { createOutputCheck } from '../../jobs/output-check.ts';
import { openSchemaCheck } from '../children/schema-check.ts';
import { run, type RunDeps } from '../../jobs/run.ts';
import type { Slot } from '../../jobs/slot.ts';
import { createModelStore } from '../../models/store/store.ts';
import type { PooledModel } from '../../models/loaded/entry.ts';
import { unfitReason } from '../../worker/memory-gate.ts';
import { createUnavailable } from '../../worker/load-failures.ts';
import { createPipeline, type Pipeline } from '../../worker/pipeline.ts';
import type { Line } from './studio-link.ts';
import { modelStoreOptions } from '../model-store.ts';
import { composeWarmth, type Warmth } from './loaded-models.ts';
import type { WorkerSetup } from './setup.ts';

/** What turns an offer into an outcome. */
export interface Work extends Pick<Warmth, 'load' | 'unload'> {
  readonly pipeline: Pipeline;
  /** Loads in the background what was in memory when the worker ended last. */
  restore(): void;
  /** The models in memory. */
  models(): readonly PooledModel[];
  /** Frees all models, and keeps what was learnt about memory. */
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
  const unavailable = createUnavailable(clock);
  const registry = createRegistry(engines.map((engine) => unavailable.over(engine)));
  const models = createModelStore(modelStoreOptions(effects, config, setup.log.logger));
  const warmth = await composeWarmth(setup, models);
  const { memory, warm, lending } = warmth;
  const outputCheck = createOutputCheck({
    images: effects.images,
    checkSchema: openSchemaCheck(effects),
    policy: config.live('output_check'),
  });
  const [enabled, onlyWhenIdle] = [config.live('auto_enabled'), config.live('only_when_idle')];
  const pipeline = createPipeline({
    slot,
    claims,
    delivery,
    history,
    clock,
    log,
    run: async (job, jobLog, signal) => {
      warmth.makeWay(job);
      await using files = models.lease();
      const filesFor: RunDeps['filesFor'] = (wanted, abort) => files.filesFor(wanted, abort);
      const onProgress = progressOf(setup, job);
      const deps = {
        registry,
        filesFor,
        memory: memory.gate,
        models: lending,
        outputCheck,
        clock,
        log: jobLog,
        onProgress,
      };
      return await run(job, deps, signal);
    },
    snapshot: (offer) => ({
      unfit:
        quarantineReason(setup, offer) ??
        setup.cpuRule.refusal(offer.modelSource.engine) ??
        unavailable.refusal(offer.modelSource.engine, offer.model) ??
        unfitReason(memory.gate.verdict(offer)),
      paused: !enabled(),
      onlyWhenIdle: onlyWhenIdle(),
      userPresence: undefined,
      stopping: facts.isStopping(),
      outboxFull: !delivery.hasRoom(),
    }),
  });
  const { load, unload } = warmth;
  return {
    pipeline,
    load,
    unload,
    models: () => warm.list(),
    restore: () => warmth.restore(),
    close: () => warmth.close(),
  };
}

/** Why this offer would most likely crash the engine once more. */
function quarantineReason({ quarantine }: WorkerSetup, { modelSource, model }: Offer): string | undefined {
  const leftMs = quarantine.remainingMs(modelSource.engine, model);
  if (leftMs === 0) return undefined;
  return `${model} crashed the ${modelSource.engine} engine again and again; not taken for ${formatDuration(leftMs)}`;
}

const progressOf =
  ({ onProgress }: WorkerSetup, job: Job) =>
  (done: number, total: number): void =>
    onProgress?.(job.id, total > 0 ? done / total : 0);
