import type { Claiming } from '../../studio/session/advertising.ts';
import { createPauseSwitch, type PauseSwitch } from '../../worker/control/pause-switch.ts';
import type { WorkerEvents } from '../../worker/events.ts';
import type { WorkerSetup } from './setup.ts';

/** Whether this worker takes jobs: what the config says for good, and what the operator says for now. */
export interface ClaimingParts {
  /** As saved. */
  readonly enabled: () => boolean;
  readonly pauseSwitch: PauseSwitch;
  readonly now: () => Claiming;
  /** Calls back after each change. The returned function takes the call back. */
  onChange(call: () => void): () => void;
}

/** Nothing has to be closed. */
export function composeClaiming({ config }: WorkerSetup, events: Pick<WorkerEvents, 'emit'>): ClaimingParts {
  const enabled = config.live('auto_enabled');
  const calls = new Set<() => void>();
  const pauseSwitch = createPauseSwitch((paused) => {
    events.emit({ is: 'pause', paused });
    for (const call of calls) call();
  });
  config.watch('auto_enabled', () => {
    for (const call of calls) call();
  });
  return {
    enabled,
    pauseSwitch,
    now: () => (enabled() ? (pauseSwitch.paused ? 'paused' : 'on') : 'off'),
    onChange(call) {
      calls.add(call);
      return () => void calls.delete(call);
    },
  };
}
