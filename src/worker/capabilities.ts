import { VERSION } from '../base/version.ts';
import { advertise, type Capabilities } from '../contract/capabilities.ts';
import type { Engine } from '../engines/engine.ts';

/** What the capabilities are made of, read anew for every frame that carries them. */
export interface CapabilitySources {
  readonly machineName: string;
  readonly userName: string;
  /** GiB; 0 when unknown. */
  readonly vramTotalGb: number;
  readonly vramThresholdGb: number;
  readonly autoEnabled: boolean;
  readonly autoStart: boolean;
  readonly autoUpdate: boolean;
  readonly startMinimised: boolean;
  readonly onlyWhenIdle: boolean;
  readonly userPresence: 'idle' | 'active' | undefined;
  readonly engines: readonly Engine[];
}

/** The capabilities of this worker as it advertises them. Unknown facts are left out. */
export function describeCapabilities(sources: CapabilitySources): Capabilities {
  const { machineName, userName, engines, userPresence, ...settings } = sources;
  return {
    machineName,
    username: userName,
    agentVersion: VERSION,
    engine: 'multi',
    vramTotalGb: settings.vramTotalGb,
    vramThresholdGb: settings.vramThresholdGb,
    autoEnabled: settings.autoEnabled,
    autoStart: settings.autoStart,
    autoUpdate: settings.autoUpdate,
    startMinimised: settings.startMinimised,
    onlyWhenIdle: settings.onlyWhenIdle,
    ...(userPresence === undefined ? {} : { userPresence }),
    ...advertise(engines.map((engine) => engine.models)),
  };
}
