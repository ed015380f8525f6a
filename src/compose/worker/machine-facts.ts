import type { ConfigStore } from '../../config/store.ts';
import type { Engine } from '../../engines/engine.ts';
import type { Logger } from '../../log/logger.ts';
import type { PresenceWatch } from '../../system/presence/watch.ts';
import { type MachineFacts, probeMachine } from '../../worker/engines/machine-facts.ts';
import { ownModels } from '../../worker/engines/own-models.ts';
import { createReadyEngines } from '../../worker/engines/readiness.ts';
import { liveChoice } from '../config.ts';
import type { Effects } from '../effects.ts';

/** Of this machine, with the config followed live; the last one takes calls when other engines or models are there. */
export interface ComposedFacts extends MachineFacts {
  onChange(call: () => void): void;
}

/** Nothing has to be closed. */
export async function composeMachineFacts(options: {
  readonly effects: Pick<Effects, 'clock' | 'machine' | 'files'>;
  readonly config: ConfigStore;
  readonly engines: readonly Engine[];
  readonly log: Logger;
  readonly presence?: Pick<PresenceWatch, 'first' | 'latest'>;
}): Promise<ComposedFacts> {
  const { config, engines, log, presence } = options;
  const { clock, machine, files } = options.effects;
  let changed = (): void => {};
  const ready = createReadyEngines(engines, {
    clock,
    log: log.child({}, 'engines'),
    ownModels: () => ownModels(files, config.current.models_root),
    onChange: () => changed(),
  });
  const settings = liveSettings(config);
  const facts = await probeMachine({ machine, ready, settings, presence, clock, log });
  return { ...facts, onChange: (call) => void (changed = call) };
}

function liveSettings(config: ConfigStore) {
  const [thresholdGb, onlyWhenIdle] = [config.live('vram_threshold_gb'), config.live('only_when_idle')];
  const choice = liveChoice(config);
  return () => ({
    vramThresholdGb: thresholdGb(),
    autoStart: config.current.auto_start,
    autoUpdate: config.current.auto_update_enabled,
    startMinimised: config.current.start_minimised,
    onlyWhenIdle: onlyWhenIdle(),
    choice: choice(),
  });
}
