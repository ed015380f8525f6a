import { pause } from '../../base/pause.ts';
import { SECOND_MS } from '../../base/units.ts';
import type { Capabilities } from '../../contract/capabilities.ts';
import type { ConfigStore } from '../../config/store.ts';
import type { Engine } from '../../engines/engine.ts';
import type { Logger } from '../../log/logger.ts';
import type { VramReport } from '../../system/machine/machine.ts';
import type { PresenceWatch } from '../../system/presence/watch.ts';
import { describeCapabilities } from '../../worker/capabilities.ts';
import { ownModels } from '../../worker/engines/own-models.ts';
import { createReadyEngines } from '../../worker/engines/readiness.ts';
import { liveChoice } from '../config.ts';
import type { Effects } from '../effects.ts';

/** What capabilities depend on beside the machine and its config. */
interface CapabilityMoment {
  readonly claiming: boolean;
  /** GiB; what the config says where nothing lower is known. */
  readonly thresholdGb?: number;
  /** Whether the studio asked for engines beyond the contract's. */
  readonly withExtensions?: boolean;
}

/** What this machine is and offers, read anew for every frame that carries it. */
export interface MachineFacts {
  /** GiB; 0 while unknown. */
  vramTotalGb(): number;
  capabilities(now: CapabilityMoment): Capabilities;
  /** Calls back when other engines or models are there than before. One caller, the last. */
  onChange(call: () => void): void;
}

/** The probes may take seconds, and a first `hello` with 0 GiB or no engine would cost the worker its jobs. */
const FACTS_WITHIN_MS = 2 * SECOND_MS;

/**
 * Asks the machine what it has, for at most two seconds: what is not known by then is known later, and `onChange` calls.
 * Nothing has to be closed.
 */
export async function probeMachine(options: {
  readonly effects: Effects;
  readonly config: ConfigStore;
  readonly engines: readonly Engine[];
  readonly log: Logger;
  /** Left out where nobody samples it, as for a request to register (studio contract). */
  readonly presence?: Pick<PresenceWatch, 'first' | 'latest'>;
}): Promise<MachineFacts> {
  const { config, engines, log, presence } = options;
  let changed = (): void => {};
  const { clock, machine } = options.effects;
  let vramTotalGb = 0;
  const probe = machine.vram().then((vram) => {
    vramTotalGb = vram.totalGb;
    logVram(vram, log);
  });
  const configuredGb = config.live('vram_threshold_gb');
  const onlyWhenIdle = config.live('only_when_idle');
  const choice = liveChoice(config);
  const patience = new AbortController();
  const ready = createReadyEngines(engines, {
    clock,
    log: log.child({}, 'engines'),
    ownModels: () => ownModels(options.effects.files, config.current.models_root),
    onChange: () => changed(),
  });
  await Promise.race([
    Promise.all([probe, ready.refresh(), onlyWhenIdle() ? presence?.first : undefined]),
    pause(clock, FACTS_WITHIN_MS, patience.signal),
  ]);
  patience.abort();
  return {
    vramTotalGb: () => vramTotalGb,
    onChange: (call) => void (changed = call),
    capabilities: ({ claiming, thresholdGb = configuredGb(), withExtensions = false }) =>
      describeCapabilities({
        machineName: machine.hostName(),
        userName: machine.userName(),
        vramTotalGb,
        vramThresholdGb: thresholdGb,
        autoEnabled: claiming,
        autoUpdate: config.current.auto_update_enabled,
        startMinimised: config.current.start_minimised,
        onlyWhenIdle: onlyWhenIdle(),
        choice: choice(),
        userPresence: presence?.latest(),
        engines: ready.current(),
        withExtensions,
      }),
  };
}

/** Once, since it does not change. */
function logVram({ totalGb, reasons, silentGpus }: VramReport, log: Logger): void {
  if (silentGpus > 0) log.warn('gpu.silent', { silentGpus, vramTotalGb: totalGb });
  if (totalGb === 0) log.debug('vram.unknown', { reasons });
}
