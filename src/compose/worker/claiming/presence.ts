import { MINUTE_MS, SECOND_MS } from '../../../base/units.ts';
import { type PresenceWatch, watchPresence } from '../../../system/presence/watch.ts';
import { createPresenceReport } from '../../../worker/reports/presence-report.ts';
import type { WorkerSetup } from '../setup.ts';

/** As often as a heartbeat goes out, where offers depend on it. */
const CHECK_EVERY_MS = 5 * SECOND_MS;
/** Where it is only reported: each reading wakes a machine that has nothing to do. */
const REPORT_EVERY_MS = MINUTE_MS;
/** And the first one would hold up the `hello`, by a tenth of the start. */
const REPORT_AFTER_MS = SECOND_MS;

/** Whether a person is at this machine, sampled as long as the worker runs. */
export function composePresence({ effects, config, log }: WorkerSetup): PresenceWatch {
  const onlyWhenIdle = config.live('only_when_idle');
  const report = createPresenceReport(log.logger, onlyWhenIdle);
  const watch = watchPresence({
    presence: effects.presence,
    clock: effects.clock,
    firstAfterMs: onlyWhenIdle() ? 0 : REPORT_AFTER_MS,
    everyMs: () => (onlyWhenIdle() ? CHECK_EVERY_MS : REPORT_EVERY_MS),
    onReading: (reading, presence) => report.onReading(reading, presence),
  });
  config.watch('only_when_idle', () => {
    report.onSwitched();
    watch.refresh();
  });
  return watch;
}
