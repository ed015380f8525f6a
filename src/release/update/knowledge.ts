import { errorChain } from '../../base/errors.ts';
import type { Logger } from '../../log/logger.ts';
import { NOTHING_KNOWN, type UpdateMemory, type UpdateState } from './state.ts';

/** The updater's memory as a running worker has it: what the disk does not take is known as long as the process lives. */
export interface Knowledge {
  readonly current: UpdateState;
  /** Commands write to it, too. */
  refresh(): Promise<void>;
  /** Never rejects. */
  change(change: (known: UpdateState) => UpdateState): Promise<void>;
}

/** Knows nothing before the first `refresh`. A change that cannot be saved is logged, and counts in this process. */
export function createKnowledge(memory: UpdateMemory, log: Pick<Logger, 'warn'>): Knowledge {
  let current = NOTHING_KNOWN;
  return {
    get current() {
      return current;
    },
    async refresh() {
      current = await memory.read();
    },
    async change(change) {
      try {
        current = await memory.change(change);
      } catch (thrown) {
        log.warn('update-state.not-saved', { error: errorChain(thrown) });
        current = change(current);
      }
    },
  };
}
