import type { JobRecord } from '../jobs/job-record.ts';
import type { PooledModel } from '../models/loaded/entry.ts';
import type { UpdateStatus } from '../contract/worker/update-status.ts';
import type { RegistrationStatus } from '../studio/registration/registration.ts';
import { type Condition, CONDITIONS } from './conditions/condition.ts';
import type { SessionStatus } from '../studio/session/session.ts';

export const OBSTACLES = [
  'claiming-off',
  'paused',
  ...CONDITIONS,
  'not-registered',
  'no-session',
  'no-engines',
  'update',
  'in-use',
  'outbox-full',
  'disk-full',
  'quarantine',
] as const;

/** Something that keeps a running worker from jobs. */
export interface Obstacle {
  /** A stable name for programs. */
  readonly what: (typeof OBSTACLES)[number];
  readonly because: string;
}

/** A person at this machine. */
export interface PresenceStatus {
  readonly is: 'idle' | 'active' | 'unknown';
  /** With what decided it. */
  readonly because: string;
}

/** A GPU at one moment. */
export interface GpuStatus {
  /** See `gpuId`. */
  readonly id: string;
  readonly name: string;
  /** As a model that is kept on it names it; see `gpuLabel`. */
  readonly label: string;
  /** GiB; 0 where its driver does not report it. */
  readonly totalGb: number;
  /** GiB; absent where its driver does not report it. */
  readonly freeGb?: number;
  /** The setting that keeps it from use. */
  readonly deniedBy?: string;
}

/** Everything `status` shows of a running worker, at one moment. Immutable. */
export interface WorkerStatus {
  readonly version: string;
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly configPath: string;
  /** Claiming is on, as saved. */
  readonly enabled: boolean;
  /** The operator paused it until they resume it, or it restarts. */
  readonly paused: boolean;
  /** Whether somebody uses this machine, and what told it; absent until it was asked. */
  readonly presence?: PresenceStatus;
  /** What else the operator ties jobs to, as far as it is set. */
  readonly conditions: readonly Condition[];
  readonly stopping: boolean;
  /** What keeps jobs away, the most lasting first; absent where nobody asked for it. */
  readonly obstacles?: readonly Obstacle[];
  readonly workerId: string | undefined;
  readonly registration: RegistrationStatus;
  readonly session: SessionStatus;
  readonly vramTotalGb: number;
  readonly vramThresholdGb: number;
  /** The GPUs of this machine, those that may not be used among them; absent until drivers have answered. */
  readonly gpus?: readonly GpuStatus[];
  /** The engines that a job can be routed to now: those the contract names, then those that are an extension of ours. */
  readonly modelEngines: readonly string[];
  readonly extensionEngines: readonly string[];
  /** Absent where nothing updates this worker, such as in the demonstration. */
  readonly update?: UpdateStatus;
  /** In memory, or on their way in or out. */
  readonly models: readonly PooledModel[];
  /** Oldest first. */
  readonly runningJobs: readonly JobRecord[];
  /** The newest jobs that ended, newest last. */
  readonly recentJobs: readonly JobRecord[];
  /** Finished results that the studio does not have yet. */
  readonly outbox: { readonly count: number; readonly sizeBytes: number };
}
