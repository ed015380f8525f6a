import type { WorkerEvents } from '../../../worker/events.ts';
import { asksMachine, MACHINE_KEYS, readMachineConditions } from '../../../worker/conditions/read.ts';
import { type ConditionsWatch, watchConditions } from '../../../worker/conditions/watch.ts';
import type { WorkerSetup } from '../setup.ts';

/** What jobs are tied to, and who is told when that changes. */
export interface Conditions extends ConditionsWatch {
  onChange(call: () => void): void;
}

/** The caller disposes of it. */
export function composeConditions(
  { effects, config, log }: WorkerSetup,
  events: Pick<WorkerEvents, 'emit'>,
): Conditions {
  const calls = new Set<() => void>();
  const windows = config.live('schedule');
  const none: readonly never[] = [];
  const watch = watchConditions({
    clock: effects.clock,
    windows: () => windows() ?? none,
    isAnySet: () => (windows()?.length ?? 0) > 0 || asksMachine(config.current),
    probe: () => readMachineConditions(config.current, effects.surroundings),
    onChange(condition) {
      log.logger.info('condition.changed', { ...condition });
      events.emit({ is: 'condition', ...condition });
      for (const call of calls) call();
    },
  });
  for (const key of ['schedule', ...MACHINE_KEYS] as const) config.watch(key, () => watch.refresh());
  return Object.assign(watch, { onChange: (call: () => void) => void calls.add(call) });
}
