import { formatDiskSpace, formatDuration } from '../../base/units.ts';
import type { OutboxSpace } from '../../studio/delivery/outbox.ts';
import type { UserPresence } from '../../system/presence/presence.ts';
import type { Obstacle, WorkerStatus } from '../status.ts';

/** What a worker's obstacles are judged by, beside its status. */
export interface ObstacleFacts {
  readonly status: WorkerStatus;
  readonly onlyWhenIdle: boolean;
  readonly userPresence: UserPresence | undefined;
  readonly updateWaits: boolean;
  readonly outboxSpace: OutboxSpace;
  /** Of the disk with the models; undefined where the system does not tell. */
  readonly disk: { readonly freeBytes: number; readonly floorBytes: number; readonly folder: string } | undefined;
  readonly quarantined: readonly { readonly engine: string; readonly model: string; readonly remainingMs: number }[];
}

/** All that keeps jobs away now, the most lasting first: what the rules reject by, and what brings no offer at all. */
export function obstaclesOf(facts: ObstacleFacts): readonly Obstacle[] {
  const { status, updateWaits, outboxSpace, disk, quarantined } = facts;
  const found: (Obstacle | undefined)[] = [
    status.enabled ? undefined : { what: 'claiming-off', because: 'claiming is off: run `studio-worker enable`' },
    status.paused ? { what: 'paused', because: 'paused by the operator: run `studio-worker resume`' } : undefined,
    ...status.conditions.filter(({ isMet }) => !isMet).map(({ what, because }): Obstacle => ({ what, because })),
    studioSession(status),
    status.modelEngines.length + status.extensionEngines.length > 0
      ? undefined
      : { what: 'no-engines', because: 'no engine is ready: run `studio-worker engines`' },
    updateWaits ? { what: 'update', because: 'an update is waiting to install' } : undefined,
    presence(facts),
    outboxSpace === 'free' ? undefined : { what: 'outbox-full', because: OUTBOX[outboxSpace] },
    disk === undefined || disk.freeBytes > disk.floorBytes ? undefined : diskFull(disk),
    ...quarantined.map(({ engine, model, remainingMs }): Obstacle => ({
      what: 'quarantine',
      because: `${model} crashed ${engine} repeatedly: its jobs are rejected for ${formatDuration(remainingMs)}`,
    })),
  ];
  return found.filter((obstacle) => obstacle !== undefined);
}

const OUTBOX = {
  full: 'the outbox is full of undelivered results: run `studio-worker outbox list`',
  unread: 'the many results of earlier runs are being read; offers are rejected until then',
} as const;

function studioSession({ registration, session }: WorkerStatus): Obstacle | undefined {
  if (registration.at === 'pending') {
    return { what: 'not-registered', because: 'the operator of the studio has not approved this worker yet' };
  }
  if (registration.at === 'rejected') {
    return { what: 'not-registered', because: `the studio rejected this worker: ${registration.reason}` };
  }
  switch (session.at) {
    case 'live':
      return undefined;
    case 'backing-off':
      return { what: 'no-session', because: `no session with the studio after ${session.failures} attempts` };
    case 'refused':
    case 'gave-up':
      return { what: 'no-session', because: `the session with the studio ended: ${session.because}` };
    case 'idle':
    case 'connecting':
    case 'greeting':
    case 'stopped':
      return { what: 'no-session', because: 'not connected to the studio yet' };
    default:
      return session satisfies never;
  }
}

function presence({ onlyWhenIdle, userPresence }: ObstacleFacts): Obstacle | undefined {
  if (!onlyWhenIdle || userPresence === 'idle') return undefined;
  const why = userPresence === 'active' ? 'this machine is in use' : 'user activity is unknown';
  return { what: 'in-use', because: `only_when_idle is set, and ${why}` };
}

const diskFull = ({ freeBytes, floorBytes, folder }: NonNullable<ObstacleFacts['disk']>): Obstacle => ({
  what: 'disk-full',
  because: `the disk of ${folder} has ${formatDiskSpace(freeBytes)} left, of which ${formatDiskSpace(floorBytes)} are reserved (disk_floor_gb): no model can be downloaded`,
});
