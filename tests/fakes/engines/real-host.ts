import { createEngineHost, type EngineHost } from '../../../src/engines/host/host.ts';
import { createQuarantine, type Quarantine } from '../../../src/engines/host/quarantine.ts';
import type { Logger } from '../../../src/log/logger.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { childEnvironment, processVariables, ownCommand, spawnIpc } from '../../../src/system/process/processes.ts';

import { someGpuAccess } from './gpu-access.ts';

export interface HostChoice {
  /** The program that becomes the child; this checkout's unless told otherwise. */
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly quarantine?: Quarantine;
}

/** A host of real children. */
export const realHost = ({ command, env, quarantine }: HostChoice, log: Logger): EngineHost =>
  createEngineHost({
    spawn: spawnIpc,
    command: [...(command ?? ownCommand()), '__engine', '0'],
    env: env ?? childEnvironment(processVariables()),
    gpuAccess: someGpuAccess(),
    clock: systemClock,
    quarantine: quarantine ?? createQuarantine(systemClock),
    log,
  });
