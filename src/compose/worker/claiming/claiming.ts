import type { Claiming } from '../../../studio/session/advertising.ts';
import { createPauseSwitch, type PauseSwitch } from '../../../worker/control/pause-switch.ts';
import type { WorkerEvents } from '../../../worker/events.ts';
import type { Conditions } from './conditions.ts';
import type { WorkerSetup } from '../setup.ts';

/** Whether this worker takes jobs: what the config says for good, what the operator says for now, and
 * what else they tie jobs to. */
export interface ClaimingParts {
  /** As saved. */
  readonly enabled: () => boolean;
  readonly pauseSwitch: PauseSwitch;
  readonly now: () => Claiming;
  /** Jobs are taken now, as far as the operator decides. */
  readonly isClaiming: () => boolean;
  /** Calls back after each change. The returned function takes the call back. */
  onChange(call: () => void): () => void;
}

/** Nothing has to be closed. */
export function composeClaiming(
  { config }: WorkerSetup,
  { events, conditions }: { readonly events: Pick<WorkerEvents, 'emit'>; readonly conditions: Conditions },
): ClaimingParts {
  const enabled = config.live('auto_enabled');
  const calls = new Set<() => void>();
  const changed = (): void => {
    for (const call of calls) call();
  };
  const pauseSwitch = createPauseSwitch((paused) => {
    events.emit({ is: 'pause', paused });
    changed();
  });
  config.watch('auto_enabled', changed);
  conditions.onChange(changed);
  const now = (): Claiming => (enabled() ? (pauseSwitch.paused ? 'paused' : 'on') : 'off');
  return {
    enabled,
    pauseSwitch,
    now,
    isClaiming: () => now() === 'on' && conditions.current().every(({ isMet }) => isMet),
    onChange(call) {
      calls.add(call);
      return () => void calls.delete(call);
    },
  };
}
