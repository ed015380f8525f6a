import { SECOND_MS } from '../base/units.ts';
import type { LoadedModel } from '../engines/engine.ts';
import type { ModelStore } from '../models/store.ts';
import { createWarmModels, type WarmModels } from '../models/warm.ts';
import { createLending, type Lending } from '../worker/lending.ts';
import { siblingsOf } from './config.ts';
import { type Memory, openMemory } from './memory.ts';
import type { WorkerSetup } from './worker.ts';

/** The models in memory, and the memory they are in. */
export interface Warmth {
  readonly memory: Memory;
  readonly warm: WarmModels<LoadedModel>;
  readonly lending: Lending;
  /** Frees all models, and keeps what was learnt about memory. */
  close(): Promise<void>;
}

export async function composeWarmth(setup: WorkerSetup, store: ModelStore): Promise<Warmth> {
  const { config, effects, engines } = setup;
  const { clock, files } = effects;
  const log = setup.log.logger.child({}, 'models');
  const memory = await openMemory(effects, {
    engines,
    peaksPath: siblingsOf(config.path).peaks,
    loaded: () => warm.shares('gpu'),
    log: setup.log.logger.child({}, 'jobs'),
  });
  const { gate, looks } = memory;
  const warm = createWarmModels<LoadedModel>({
    // With claiming switched off no job can come, and the operator may want the memory.
    keepMs: () => (config.current.auto_enabled ? config.current.keep_warm_secs * SECOND_MS : 0),
    looks,
    clock,
    log,
    onChange: () => {},
  });
  const lending = createLending({
    warm,
    gate,
    files,
    hold: async ({ model, source }, signal) => {
      await using undo = new AsyncDisposableStack();
      const lease = undo.use(store.lease());
      await lease.filesFor({ model, source, onlyPresent: true }, signal);
      undo.move();
      return lease;
    },
  });
  const unfollow = config.onChange(({ auto_enabled: claims }, { changedKeys }) => {
    if (changedKeys.includes('auto_enabled') && !claims) void warm.unloadAll('paused');
    else if (changedKeys.includes('keep_warm_secs')) warm.keepChanged();
  });
  return {
    memory,
    warm,
    lending,
    async close() {
      unfollow();
      await warm.close();
      await memory.close();
    },
  };
}
