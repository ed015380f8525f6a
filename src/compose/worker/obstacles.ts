import { GB } from '../../base/units.ts';
import type { Scheduler } from '../../jobs/scheduler.ts';
import type { OutboxSpace } from '../../studio/delivery/outbox.ts';
import type { UserPresence } from '../../system/presence/presence.ts';
import { obstaclesOf } from '../../worker/rules/obstacles.ts';
import type { Obstacle, WorkerStatus } from '../../worker/status.ts';
import type { WorkerSetup } from './setup.ts';

interface ObstacleParts {
  readonly scheduler: Pick<Scheduler, 'refusal'>;
  readonly userPresence: () => UserPresence | undefined;
  readonly outboxSpace: () => OutboxSpace;
}

/** Reads what keeps this worker from jobs. A disk that does not tell how full it is counts as fine. */
export async function readObstacles(
  status: WorkerStatus,
  { config, effects, quarantine }: WorkerSetup,
  { scheduler, userPresence, outboxSpace }: ObstacleParts,
): Promise<readonly Obstacle[]> {
  const { models_root: folder, disk_floor_gb: floorGb, only_when_idle: onlyWhenIdle } = config.current;
  const freeBytes = await effects.files.freeBytes(folder).catch(() => undefined);
  return obstaclesOf({
    status,
    onlyWhenIdle,
    userPresence: userPresence(),
    updateWaits: scheduler.refusal({ origin: 'studio' })?.because === 'maintenance',
    outboxSpace: outboxSpace(),
    disk: freeBytes === undefined ? undefined : { freeBytes, floorBytes: floorGb * GB, folder },
    quarantined: quarantine.list(),
  });
}
