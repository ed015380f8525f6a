import type { LocalOutbox } from '../../cli/world/outbox.ts';
import { siblingsOf } from '../../config/paths.ts';
import { discardWaiting } from '../../studio/delivery/kept/discard-waiting.ts';
import { openKeptResults } from '../../studio/delivery/kept/kept-results.ts';
import { openOutbox } from '../../studio/delivery/outbox.ts';
import { acquireLock } from '../../system/disk/lock.ts';
import { configPathOf } from '../config.ts';
import type { Effects } from '../effects.ts';
import { openCommandLog } from '../log.ts';

/** The outbox of a config file, as commands see and sort it. Nothing is read yet. */
export async function openLocalOutbox(named: string | undefined, effects: Effects): Promise<LocalOutbox> {
  const { files, sha256, clock, environment } = effects;
  const configPath = await configPathOf(named, effects);
  const { lock, outbox: folder } = siblingsOf(configPath);
  const log = openCommandLog(effects).logger.child({}, 'delivery');
  return {
    ...openKeptResults({ folder, files, sha256, clock }),
    configPath,
    discardWaiting: (id) =>
      discardWaiting(id, {
        acquire: () => acquireLock(lock, { pid: environment.pid }),
        open: () => openOutbox({ dir: folder, ...NO_LIMITS, files, sha256, clock, log }),
      }),
  };
}

/** None expires: what else waits is no matter of a command. */
const NO_LIMITS = { maxBytes: Number.POSITIVE_INFINITY, maxAgeMs: Number.POSITIVE_INFINITY };
