import { dayStart, hourOf, HOURS, overlapMs, type Span } from '../../base/time/hours.ts';
import { HOUR_MS } from '../../base/units.ts';
import type { ApiDay } from '../contract/status.ts';
import type { WorkerEvent } from '../../worker/events.ts';

/** What became of the jobs of the last 24 hours, by the hour. */
export interface DayBook {
  onEvent(event: WorkerEvent): void;
  /** `running`: when the jobs that run now began. */
  day(running: readonly number[]): ApiDay;
}

const NOTHING = { completed: 0, failed: 0, cancelled: 0, busyMs: 0 } as const;

/** What ended within one hour, and for how long jobs ran in it: those that ran side by side count each. */
type Hour = { -readonly [Count in keyof typeof NOTHING]: number };

/** In memory, as the history is. Holds a few sums for each hour, however many jobs a day has. */
export const createDayBook = (now: () => number): DayBook => new HourlyDayBook(now);

class HourlyDayBook implements DayBook {
  readonly #now: () => number;
  /** By the time they begin at; hours without a job are left out. */
  readonly #hours = new Map<number, Hour>();

  constructor(now: () => number) {
    this.#now = now;
  }

  onEvent(event: WorkerEvent): void {
    if (event.is !== 'outcome') return;
    const { status, startedAt, finishedAt = this.#now() } = event.job;
    const first = dayStart(this.#now());
    if (finishedAt < first) return;
    const outcome = status === 'failed' || status === 'cancelled' ? status : 'completed';
    this.#hour(hourOf(finishedAt), first)[outcome] += 1;
    const ran: Span = { from: Math.max(startedAt, first), to: finishedAt };
    for (let at = hourOf(ran.from); at < ran.to; at += HOUR_MS) this.#hour(at, first).busyMs += overlapMs(ran, at);
  }

  /** Hours begin where the clock says so; the last one runs still, and its share is of what has passed of it. */
  day(running: readonly number[]): ApiDay {
    const now = this.#now();
    const first = dayStart(now);
    const day: Hour = { ...NOTHING };
    const hours = Array.from({ length: HOURS }, (_, index) => {
      const at = first + index * HOUR_MS;
      const { busyMs, ...ended } = this.#hours.get(at) ?? NOTHING;
      const allBusyMs = running.reduce((sum, from) => sum + overlapMs({ from, to: now }, at), busyMs);
      day.completed += ended.completed;
      day.failed += ended.failed;
      day.cancelled += ended.cancelled;
      day.busyMs += allBusyMs;
      return { at, ...ended, busyShare: shareOf(allBusyMs, Math.min(HOUR_MS, now - at)) };
    });
    const { busyMs, ...ended } = day;
    return { hours, ...ended, busyShare: shareOf(busyMs, now - first) };
  }

  /** A new one takes the place of those that left the day. */
  #hour(at: number, first: number): Hour {
    const known = this.#hours.get(at);
    if (known !== undefined) return known;
    for (const old of this.#hours.keys()) if (old < first) this.#hours.delete(old);
    const hour: Hour = { ...NOTHING };
    this.#hours.set(at, hour);
    return hour;
  }
}

/** To a thousandth, so that a running job does not change every hour that is long over. */
const shareOf = (busyMs: number, passedMs: number): number =>
  passedMs <= 0 ? 0 : Math.round(Math.min(1, busyMs / passedMs) * 1000) / 1000;
