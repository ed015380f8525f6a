import { siblingsOf } from '../../config/paths.ts';
import { VERSION } from '../../base/version.ts';
import type { Logger } from '../../log/logger.ts';
import { startSurvived } from '../../release/update/start-count.ts';
import { openUpdateMemory } from '../../release/update/state.ts';
import { ownCommand } from '../../system/process/processes.ts';
import { UNCOUNTED_START, type Survival, watchStart } from '../../worker/process/survival.ts';
import type { Effects } from '../effects.ts';

/** In a checkout, where starts are not counted, it does nothing. */
export function openSurvival(configPath: string, { files, clock }: Effects, log: Logger): Survival {
  if (ownCommand().length > 1) return UNCOUNTED_START;
  const memory = openUpdateMemory({ path: siblingsOf(configPath).updateState, files, log });
  return watchStart({ save: () => memory.change((state) => startSurvived(state, VERSION)), clock, log });
}
