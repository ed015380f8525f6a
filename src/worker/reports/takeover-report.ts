import { SECOND_MS } from '../../base/units.ts';
import type { Clock } from '../../system/clock.ts';
import type { ServiceNotify } from '../../system/process/service-notify.ts';

/** How often a manager with a watchdog hears of a process that is busy with its own replacement. */
const REPORT_EVERY_MS = 10 * SECOND_MS;

/** Tells the service manager that this process moves to another version, until disposed. A takeover has limits of its own. */
export function reportTakeover(notify: Pick<ServiceNotify, 'send'>, clock: Pick<Clock, 'after'>): Disposable {
  let disarm = (): void => {};
  const report = (): void => {
    notify.send({ WATCHDOG: 1, STATUS: 'moving to another version' });
    disarm = clock.after(REPORT_EVERY_MS, report);
  };
  report();
  return { [Symbol.dispose]: () => disarm() };
}
