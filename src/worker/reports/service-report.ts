import { SECOND_MS } from '../../base/units.ts';
import type { Clock } from '../../system/clock.ts';
import type { ServiceNotify } from '../../system/process/service-notify.ts';
import type { WorkerEvent, WorkerEvents } from '../events.ts';
import { healthLine, isHealthy } from './health.ts';
import type { WorkerStatus } from '../status.ts';

export interface ServiceReportParts {
  readonly notify: ServiceNotify;
  readonly events: Pick<WorkerEvents, 'subscribe'>;
  readonly status: () => WorkerStatus;
  /** How long a stop may take, in milliseconds: its grace and what comes after it. */
  readonly stopMs: () => number;
  readonly clock: Clock;
  /** Whether the worker ends so that a new version may take over: to the manager the service goes on. */
  readonly isHandingOver: () => boolean;
}

/** What a stopping worker does after its grace: it hands the job back, flushes its log and says goodbye. */
export const LEAVE_MS = 30 * SECOND_MS;
/** Without a watchdog the line that people read is still kept fresh. */
const REFRESH_MS = 30 * SECOND_MS;
/** A manager that hears this often misses two before it acts. */
const FEEDS_PER_PERIOD = 3;
const MICROS = 1_000;

/** Tells the service manager that the worker is ready, what it does, and whether it is healthy, until disposed. */
export function reportToService({
  notify,
  events,
  status,
  stopMs,
  clock,
  isHandingOver,
}: ServiceReportParts): Disposable {
  let ackedAt = Number.NEGATIVE_INFINITY;
  let movedAt = clock.elapsed();
  let disarm = (): void => {};
  const report = statusLine(notify, status);

  function onEvent(event: WorkerEvent): void {
    if (event.is === 'heartbeat') ackedAt = clock.elapsed();
    if (event.is === 'session' || event.is === 'registration') movedAt = clock.elapsed();
    if (event.is === 'stopping' && !isHandingOver())
      notify.send({ STOPPING: 1, EXTEND_TIMEOUT_USEC: stopMs() * MICROS });
    if (REPORTED.has(event.is)) report();
  }

  function check(): void {
    const at = clock.elapsed();
    if (isHealthy({ status: status(), sinceAckMs: at - ackedAt, sinceMoveMs: at - movedAt })) {
      notify.send({ WATCHDOG: 1 });
    }
    report();
    disarm = clock.after((notify.watchdogMs ?? REFRESH_MS * FEEDS_PER_PERIOD) / FEEDS_PER_PERIOD, check);
  }

  const subscription = events.subscribe(onEvent);
  notify.send({ READY: 1 });
  check();
  return {
    [Symbol.dispose]() {
      disarm();
      subscription[Symbol.dispose]();
    },
  };
}

/** Sends the line that people read, whenever it is another one. */
function statusLine(notify: Pick<ServiceNotify, 'send'>, status: () => WorkerStatus): () => void {
  let line = '';
  return () => {
    const now = healthLine(status());
    if (now !== line) notify.send({ STATUS: now });
    line = now;
  };
}

const REPORTED: ReadonlySet<WorkerEvent['is']> = new Set([
  'accepted',
  'outcome',
  'session',
  'registration',
  'config',
  'stopping',
]);
