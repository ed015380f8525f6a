import { pause } from '../../base/pause.ts';
import { SECOND_MS } from '../../base/units.ts';
import type { Capabilities } from '../../contract/capabilities.ts';
import type { Where } from '../../engines/readiness.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { Machine, VramReport } from '../../system/machine/machine.ts';
import type { PresenceWatch } from '../../system/presence/watch.ts';
import { type CapabilitySources, describeCapabilities } from '../capabilities.ts';
import type { ReadyEngines } from './readiness.ts';

/** What capabilities depend on beside the machine and its config. */
interface CapabilityMoment {
  readonly claiming: boolean;
  /** GiB; what the config says where nothing lower is known. */
  readonly thresholdGb?: number;
  /** Whether the studio asked for engines beyond the contract's. */
  readonly withExtensions?: boolean;
  /** Of a studio that lets a worker have several jobs in flight: how many it takes. */
  readonly maxParallelJobs?: number | undefined;
}

/** What this machine is and offers, read anew for every frame that carries it. */
export interface MachineFacts {
  /** GiB; 0 while unknown. */
  vramTotalGb(): number;
  capabilities(now: CapabilityMoment): Capabilities;
  /** Where the models of an engine run, as of its last check; undefined where it does not say. */
  where(engine: string): Where | undefined;
}

/** What the operator set, as of now. */
type Settings = Pick<
  CapabilitySources,
  'vramThresholdGb' | 'autoStart' | 'autoUpdate' | 'startMinimised' | 'onlyWhenIdle' | 'choice'
>;

/** Who is asked, and what is set. */
export interface MachineFactsOptions {
  readonly machine: Pick<Machine, 'vram' | 'hostName' | 'userName'>;
  readonly ready: ReadyEngines;
  readonly settings: () => Settings;
  /** Left out where nobody samples it, as for a request to register (studio contract). */
  readonly presence?: Pick<PresenceWatch, 'first' | 'latest'> | undefined;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Logger;
}

/** The probes may take seconds, and a first `hello` with 0 GiB or no engine would cost the worker its jobs. */
const FACTS_WITHIN_MS = 2 * SECOND_MS;

/** Asks the machine what it has, for at most two seconds: what is not known by then is known later. */
export async function probeMachine(options: MachineFactsOptions): Promise<MachineFacts> {
  const { machine, ready, settings, presence, clock, log } = options;
  let vramTotalGb = 0;
  const probe = machine.vram().then((vram) => {
    vramTotalGb = vram.totalGb;
    logVram(vram, log);
  });
  const patience = new AbortController();
  await Promise.race([
    Promise.all([probe, ready.refresh(), settings().onlyWhenIdle ? presence?.first : undefined]),
    pause(clock, FACTS_WITHIN_MS, patience.signal),
  ]);
  patience.abort();
  return {
    vramTotalGb: () => vramTotalGb,
    where: (engine) => ready.where(engine),
    capabilities({ claiming, thresholdGb, withExtensions = false, maxParallelJobs }) {
      const set = settings();
      return describeCapabilities({
        ...set,
        vramThresholdGb: thresholdGb ?? set.vramThresholdGb,
        machineName: machine.hostName(),
        userName: machine.userName(),
        vramTotalGb,
        autoEnabled: claiming,
        userPresence: presence?.latest(),
        engines: ready.current(),
        withExtensions,
        maxParallelJobs,
      });
    },
  };
}

/** Once, since it does not change. */
function logVram({ totalGb, reasons, silentGpus }: VramReport, log: Logger): void {
  if (silentGpus > 0) log.warn('gpu.silent', { silentGpus, vramTotalGb: totalGb });
  if (totalGb === 0) log.debug('vram.unknown', { reasons });
}
