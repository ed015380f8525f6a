import type { Config } from '../../config/schema.ts';
import { gpuId, gpuLabel, gpuNames } from '../../base/gpu-device.ts';
import { GIB } from '../../base/units.ts';
import { shownUrl } from '../../base/urls.ts';
import type { MemoryReport } from '../../system/machine/gpus.ts';
import type { OfferCounts } from '../../worker/rules/rejection-counts.ts';
import type { WorkerStatus } from '../../worker/status.ts';
import type { EditableConfig } from '../contract/editable-config.ts';
import type { ApiDay, FullStatus, LiveStatus } from '../contract/status.ts';
import type { SessionBook } from '../facts/session-book.ts';
import { workerStateOf } from './worker-state.ts';
import { type JobExtras, jobView } from './job-view.ts';

/** The newest report of drivers, and when it came. */
export interface MemoryAt {
  readonly at: number;
  readonly report: MemoryReport;
}

/** All that a status is made from. */
export interface StatusFacts extends JobExtras {
  readonly status: WorkerStatus;
  readonly studioUrl: string;
  readonly localApiUrl: string;
  readonly machineName: string;
  readonly session: Pick<SessionBook, 'connectedAt' | 'retryAt' | 'reconnects' | 'heartbeat'>;
  readonly offers: OfferCounts;
  readonly memory: MemoryAt | undefined;
  readonly day: ApiDay;
  readonly logsSeq: number;
  readonly windowOpenedAt?: number | undefined;
}

/** Where the worker stands, as every window shows it. */
export function liveStatus(facts: StatusFacts): LiveStatus {
  const { status, session, memory, offers } = facts;
  const { registration, runningJobs, vramTotalGb, vramThresholdGb, outbox } = status;
  return {
    ...processView(facts),
    hero: workerStateOf(status),
    paused: status.paused,
    enabled: status.enabled,
    conditions: [...status.conditions],
    busy: runningJobs.length > 0,
    stopping: status.stopping,
    registered: registration.at === 'approved',
    workerId: status.workerId ?? null,
    studioUrl: shownUrl(facts.studioUrl),
    registration: registrationView(registration),
    session: sessionView(status, session),
    reconnects: session.reconnects,
    heartbeat: session.heartbeat,
    obstacles: [...(status.obstacles ?? [])],
    offers: { ...offers, rejections: [...offers.rejections] },
    engines: [...status.modelEngines, ...status.extensionEngines],
    presence: status.presence ?? null,
    gpuRuntime: gpuRuntime(memory?.report),
    vramTotalGb,
    vramThresholdGb,
    memory: memoryView(memory, status),
    outbox,
    update: status.update ?? null,
    currentJobId: runningJobs[0]?.jobId ?? null,
    activeJobs: runningJobs.map((job) => jobView(job, facts)),
    day: facts.day,
    logsSeq: facts.logsSeq,
    ...(facts.windowOpenedAt !== undefined && { windowOpenedAt: facts.windowOpenedAt }),
  };
}

/** The running program and where it is. */
const processView = ({ status: { version, pid, startedAt, configPath }, localApiUrl, machineName }: StatusFacts) => ({
  version,
  pid,
  startedAt,
  configPath,
  localApiUrl,
  machineName,
});

/** The same with the settings and the jobs that ended. */
export function fullStatus(facts: StatusFacts, config: Config): FullStatus {
  const ended = facts.status.recentJobs.map((job) => jobView(job, facts)).toReversed();
  return {
    ...liveStatus(facts),
    config: editableConfig(config),
    recentJobs: ended.filter(({ source }) => source === 'studio'),
    localJobs: ended.filter(({ source }) => source === 'local'),
  };
}

/** The settings that every release of the contract can edit, under the names of its API. */
export const editableConfig = (config: Config): EditableConfig => ({
  apiBaseUrl: shownUrl(config.api_base_url),
  vramThresholdGb: config.vram_threshold_gb,
  memoryMaxGb: config.memory_max_gb,
  autoStart: config.auto_start,
  startMinimised: config.start_minimised,
  onlyWhenIdle: config.only_when_idle,
  autoUpdateEnabled: config.auto_update_enabled,
  autoUpdateIntervalSecs: config.auto_update_interval_secs,
  autoUpdateFeed: shownUrl(config.auto_update_feed),
  autoUpdatePrerelease: config.auto_update_prerelease,
  modelsRoot: config.models_root,
});

function registrationView(registration: WorkerStatus['registration']): LiveStatus['registration'] {
  switch (registration.at) {
    case 'pending':
      return { state: 'pending', requestId: registration.requestId, since: registration.since };
    case 'approved':
      return { state: 'approved' };
    case 'rejected':
      return { state: 'rejected', reason: registration.reason };
    case 'pristine':
    case 'stopped':
      return { state: 'pristine' };
    default:
      return registration satisfies never;
  }
}

/** In the words of the contract, which names a session by what it waits for. */
function sessionView(
  { session, registration, startedAt }: Pick<WorkerStatus, 'session' | 'registration' | 'startedAt'>,
  { connectedAt = startedAt, retryAt = startedAt }: Pick<SessionBook, 'connectedAt' | 'retryAt'>,
): LiveStatus['session'] {
  switch (session.at) {
    case 'idle':
      return { state: registration.at === 'approved' ? 'connecting' : 'waiting_for_approval' };
    case 'connecting':
    case 'greeting':
      return { state: 'connecting' };
    case 'live':
      return { state: 'connected', since: connectedAt };
    case 'backing-off':
      return { state: 'reconnecting', attempt: session.failures, retryAt, reason: session.because };
    case 'refused':
      return { state: 'auth_failed', reason: session.because };
    case 'gave-up':
      return { state: 'fatal', reason: session.because };
    case 'stopped':
      return { state: 'stopped' };
    default:
      return session satisfies never;
  }
}

function memoryView(memory: MemoryAt | undefined, { models }: Pick<WorkerStatus, 'models'>): LiveStatus['memory'] {
  const { gpus = [], denied = [], ram = { totalBytes: 0, freeBytes: 0 } } = memory?.report ?? {};
  return {
    at: memory?.at ?? null,
    gpus: gpus.map((gpu) => ({
      id: gpuId(gpu),
      name: gpu.name,
      label: gpuLabel(gpu),
      totalGb: inGb(gpu.totalBytes),
      freeGb: gpu.freeBytes === undefined ? null : inGb(gpu.freeBytes),
    })),
    deniedGpus: denied.map(({ gpu, by }) => ({ id: gpuId(gpu), name: gpu.name, by })),
    ram: { totalGb: inGb(ram.totalBytes), freeGb: inGb(ram.freeBytes) },
    models: models.map((model) => ({ ...model })),
  };
}

/** To a hundredth: what changes by less is no news. */
const inGb = (bytes: number): number => Math.round((bytes / GIB) * 100) / 100;

/** Whether drivers report a GPU, and which. Null until they have answered. */
function gpuRuntime(report: MemoryReport | undefined): LiveStatus['gpuRuntime'] {
  if (report === undefined) return null;
  const [gpu] = report.gpus;
  if (gpu === undefined) return { ok: false, detail: report.reasons.join('; ') || 'no GPU was found' };
  return {
    ok: true,
    detail: [...gpuNames(report.gpus), ...(gpu.driver === undefined ? [] : [`driver ${gpu.driver}`])].join(', '),
  };
}
