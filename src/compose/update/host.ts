import { SECOND_MS } from '../../base/units.ts';
import type { Scheduler } from '../../jobs/scheduler.ts';
import { openUpdateMemory } from '../../release/update/state.ts';
import type { UpdateHost } from '../../release/update/updater.ts';
import type { SessionDelivery } from '../../studio/delivery/deliver.ts';
import type { Session } from '../../studio/session/session.ts';
import type { WorkerEvents } from '../../worker/events.ts';
import { resultsSafe } from '../../worker/process/results-safe.ts';
import type { Stopping } from '../../worker/stop-driver.ts';
import { siblingsOf } from '../../config/paths.ts';
import type { WorkerSetup } from '../worker/setup.ts';
import { releaseSource } from './release-source.ts';

export interface HostParts {
  readonly scheduler: Pick<Scheduler, 'waitFor'>;
  readonly delivery: Pick<SessionDelivery, 'hasUnkept'>;
  readonly session: Pick<Session, 'status'>;
  readonly stopping: Pick<Stopping, 'endWith'>;
  readonly events: WorkerEvents;
}

/** A worker as the updater meets it. */
export function updateHost({ config, effects, log: workerLog }: WorkerSetup, parts: HostParts): UpdateHost {
  const { scheduler, session, stopping, events } = parts;
  const log = workerLog.logger.child({}, 'update');
  const [enabled, intervalSecs] = [config.live('auto_update_enabled'), config.live('auto_update_interval_secs')];
  const memory = openUpdateMemory({ path: siblingsOf(config.path).updateState, files: effects.files, log });
  const source = releaseSource(config, effects, log);
  return {
    enabled,
    onEnabled: (call) => config.watch('auto_update_enabled', call),
    intervalMs: () => intervalSecs() * SECOND_MS,
    async find(choice, signal) {
      const { findUpdate } = await import('../../release/feed/find.ts');
      return await findUpdate(source.facts(), choice, source.deps(memory), signal);
    },
    async stage(release, signal) {
      const { stageRelease } = await import('../../release/update/stage.ts');
      const { stageDeps } = await import('./stage-deps.ts');
      return await stageRelease(release, stageDeps(config, effects, log), signal);
    },
    waitForMachine: (purpose, wait) => scheduler.waitFor({ origin: 'maintenance', purpose }, wait),
    resultsSafe: (signal) => resultsSafe({ ...parts, clock: effects.clock }, signal),
    hasSession: () => session.status().at === 'live',
    handOver: () => stopping.endWith(0),
    onStatus: (status) => events.emit({ is: 'update', status }),
  };
}
