import { VERSION } from '../base/version.ts';
import { advertise, type Capabilities, EXTENSION_ENGINES, MODEL_ENGINES } from '../contract/capabilities.ts';
import type { Engine } from '../engines/engine.ts';
import { findEngine } from '../engines/registry.ts';
import { type OperatorChoice, chosenModels } from './operator-choice.ts';

/** What the capabilities are made of, read anew for every frame that carries them. */
export interface CapabilitySources {
  readonly machineName: string;
  readonly userName: string;
  /** GiB; 0 when unknown. */
  readonly vramTotalGb: number;
  readonly vramThresholdGb: number;
  readonly autoEnabled: boolean;
  /** Whether it starts with the machine, as far as the operator's settings go (studio contract). */
  readonly autoStart: boolean;
  readonly autoUpdate: boolean;
  readonly startMinimised: boolean;
  readonly onlyWhenIdle: boolean;
  readonly userPresence: 'idle' | 'active' | undefined;
  /** What of it the operator wants. */
  readonly choice: OperatorChoice;
  /** Those that are ready now. */
  readonly engines: readonly Engine[];
  /** Whether the studio asked for the engines that the contract has no names for. */
  readonly withExtensions: boolean;
  /** Jobs that it takes at a time; left out towards a studio that lets no worker have several. */
  readonly maxParallelJobs: number | undefined;
}

/** The capabilities of this worker as it advertises them. Unknown facts are left out. */
export function describeCapabilities(sources: CapabilitySources): Capabilities {
  const {
    machineName,
    userName,
    engines: ready,
    choice,
    userPresence,
    withExtensions,
    maxParallelJobs,
    ...settings
  } = sources;
  const engines = ready.filter((engine) => Object.keys(chosenModels(engine, choice)).length > 0);
  const isRoutable = (name: string): boolean => findEngine(engines, name) !== undefined;
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
    ...advertise(engines.map((engine) => chosenModels(engine, choice))),
    modelEngines: MODEL_ENGINES.filter(isRoutable),
    ...(withExtensions ? { extensionEngines: EXTENSION_ENGINES.filter(isRoutable) } : {}),
    ...(maxParallelJobs === undefined ? {} : { maxParallelJobs }),
  };
}
