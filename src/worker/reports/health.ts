import { formatDuration, SECOND_MS } from '../../base/units.ts';
import type { WorkerStatus } from '../status.ts';

/** What a service manager judges a worker by. */
export interface HealthFacts {
  readonly status: Pick<WorkerStatus, 'registration' | 'session' | 'stopping'>;
  /** Since the studio last acknowledged a heartbeat; infinite before the first. */
  readonly sinceAckMs: number;
  /** Since the session or the registration last moved. */
  readonly sinceMoveMs: number;
}

/** Heartbeats go out every 5 s, and every state that waits for an answer has a shorter limit of its own. */
const MAX_WAIT_MS = 60 * SECOND_MS;

/**
 * Whether the worker does what it is there for, or waits for good reason: heartbeats are acknowledged, or there is nobody
 * to send one to yet. A process that merely lives is not healthy.
 */
export function isHealthy({ status, sinceAckMs, sinceMoveMs }: HealthFacts): boolean {
  const { registration, session, stopping } = status;
  if (stopping) return true; // it has limits of its own, and the service manager has one for it
  switch (session.at) {
    case 'live':
      return Math.min(sinceAckMs, sinceMoveMs) <= MAX_WAIT_MS;
    case 'backing-off':
      return session.retryInMs > 0;
    case 'idle':
      return registration.at !== 'approved' || sinceMoveMs <= MAX_WAIT_MS;
    case 'connecting':
    case 'greeting':
    case 'stopped':
    case 'refused':
    case 'gave-up':
      return sinceMoveMs <= MAX_WAIT_MS;
    default:
      return session satisfies never;
  }
}

type ReportedStatus = Pick<
  WorkerStatus,
  'registration' | 'session' | 'stopping' | 'runningJobs' | 'enabled' | 'paused'
>;

/** The worker in a few words, as `systemctl status` shows them. */
export function healthLine({ registration, session, stopping, runningJobs, enabled, paused }: ReportedStatus): string {
  const running = runningText(runningJobs);
  if (stopping) return runningJobs.length === 0 ? 'stopping' : `stopping after the running ${running}`;
  if (registration.at === 'pending') return 'waiting for approval by the operator of the studio';
  if (registration.at === 'rejected') return `rejected by the studio: ${registration.reason}`;
  switch (session.at) {
    case 'live':
      if (enabled && !paused) return `connected, ${running}`;
      return `connected, taking no jobs (${enabled ? 'paused' : 'switched off'}), ${running}`;
    case 'backing-off':
      return `reconnecting in ${formatDuration(session.retryInMs)} after ${session.failures} failed attempts`;
    case 'refused':
    case 'gave-up':
      return `${session.at}: ${session.because}`;
    case 'idle':
    case 'connecting':
    case 'greeting':
    case 'stopped':
      return session.at === 'idle' ? 'registering' : session.at;
    default:
      return session satisfies never;
  }
}

function runningText([job, ...others]: ReportedStatus['runningJobs']): string {
  if (job === undefined) return 'no job';
  return others.length === 0 ? `${job.kind} job on ${job.model}` : `${others.length + 1} jobs`;
}
