import { SECOND_MS } from '../../base/units.ts';
import { type PresenceWatch, watchPresence } from '../../system/presence/watch.ts';
import { createPresenceReport } from '../../worker/presence-report.ts';
import type { WorkerSetup } from './setup.ts';

/** As often as the studio hears from us. */
const PRESENCE_EVERY_MS = 5 * SECOND_MS;

/** Whether a person is at this machine, sampled as long as the worker runs. */
export function composePresence({ effects, config, log }: WorkerSetup): PresenceWatch {
  const report = createPresenceReport(log.logger, config.live('only_when_idle'));
  config.watch('only_when_idle', () => report.onSwitched());
  return watchPresence({
    presence: effects.presence,
    clock: effects.clock,
    everyMs: PRESENCE_EVERY_MS,
    onReading: (reading, presence) => report.onReading(reading, presence),
  });
}
