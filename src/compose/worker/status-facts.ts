import { VERSION } from '../../base/version.ts';
import type { Capabilities } from '../../contract/capabilities.ts';
import { BARE_TERMS, type StudioTerms } from '../../studio/session/terms.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import type { PresenceWatch } from '../../system/presence/watch.ts';
import { gpuStatuses } from '../../worker/reports/gpu-report.ts';
import { presenceStatus } from '../../worker/reports/presence-report.ts';
import type { WorkerStatus } from '../../worker/status.ts';
import type { WorkerDeps } from '../../worker/worker.ts';
import type { ClaimingParts } from './claiming/claiming.ts';
import type { Conditions } from './claiming/conditions.ts';
import type { Identity } from './identity.ts';
import type { Jobs } from './jobs.ts';
import type { ComposedFacts } from './machine-facts.ts';
import type { WorkerSetup } from './setup.ts';

/** Who knows what a status says of a worker. */
export interface StatusParts {
  readonly claiming: Pick<ClaimingParts, 'enabled' | 'pauseSwitch'>;
  readonly conditions: Pick<Conditions, 'current'>;
  readonly presence: Pick<PresenceWatch, 'latest' | 'latestReading'>;
  readonly machine: Pick<ComposedFacts, 'vramTotalGb'>;
  readonly capabilities: (terms: StudioTerms) => Capabilities;
  readonly identity: Pick<Identity, 'credentials'>;
  readonly jobs: Pick<Jobs, 'memory' | 'models'>;
  /** The largest estimate that is taken, in GiB. */
  readonly takenGb: () => number;
}

/** The facts of a status that the worker itself does not own. */
export function statusFacts(setup: WorkerSetup, parts: StatusParts): ReturnType<WorkerDeps['facts']> {
  const { claiming, conditions, presence, machine, capabilities, identity, jobs, takenGb } = parts;
  return {
    ...enginesIn(capabilities({ ...BARE_TERMS, features: ['extensionEngines'] })),
    pid: setup.effects.environment.pid,
    configPath: setup.config.path,
    enabled: claiming.enabled(),
    paused: claiming.pauseSwitch.paused,
    conditions: conditions.current(),
    ...presenceFacts(presence),
    workerId: identity.credentials()?.workerId,
    vramTotalGb: machine.vramTotalGb(),
    vramThresholdGb: takenGb(),
    ...gpuFacts(jobs.memory.latestAt?.report),
    models: jobs.models(),
    ...updateFacts(setup),
  };
}

/** Nothing until this machine was asked. */
function presenceFacts(presence: StatusParts['presence']): Pick<WorkerStatus, 'presence'> {
  const status = presenceStatus(presence.latest(), presence.latestReading());
  return status === undefined ? {} : { presence: status };
}

/** Nothing until drivers have answered. */
const gpuFacts = (report: MemoryReport | undefined): Pick<WorkerStatus, 'gpus'> =>
  report === undefined ? {} : { gpus: gpuStatuses(report) };

/** A version on trial has not been moved to yet; nothing where this installation is not updated. */
function updateFacts({ updater, trial }: WorkerSetup): Pick<WorkerStatus, 'update'> {
  if (trial !== undefined) return { update: { at: 'trial', version: VERSION } };
  return updater === undefined ? {} : { update: updater.status() };
}

const enginesIn = ({ modelEngines = [], extensionEngines }: Capabilities) => ({
  modelEngines,
  extensionEngines: extensionEngines ?? [],
});
