import { HOUR_MS } from '../../base/units.ts';
import type { ApiDay } from '../contract/status.ts';
import type { WorkerEvent } from '../../worker/events.ts';

/** What became of the jobs of the last 24 hours, by the hour. */
export interface DayBook {
  onEvent(event: WorkerEvent): void;
  /** `running`: when the jobs that run now began. */
  day(running: readonly number[]): ApiDay;
}

const HOURS = 24;

/** A job that ended here; milliseconds since the epoch. */
interface Ended {
  readonly outcome: 'completed' | 'failed' | 'cancelled';
  readonly startedAt: number;
  readonly finishedAt: number;
}

/** In memory, as the history is. Holds a line for each job of a day. */
export function createDayBook(now: () => number): DayBook {
  let ended: Ended[] = [];
  let since = 0;
  return {
    onEvent(event) {
      if (event.is !== 'outcome') return;
      const { status, startedAt, finishedAt = now() } = event.job;
      const outcome = status === 'failed' || status === 'cancelled' ? status : 'completed';
      const firstHour = hourOf(now()) - (HOURS - 1) * HOUR_MS;
      // Once an hour: a look at all of them with each job would make a day of many jobs take its square.
      if (firstHour !== since) ended = ended.filter((job) => job.finishedAt >= firstHour);
      since = firstHour;
      ended.push({ outcome, startedAt, finishedAt });
    },
    day: (running) => dayOf(ended, running, now()),
  };
}

const hourOf = (at: number): number => Math.floor(at / HOUR_MS) * HOUR_MS;

/** Hours begin where the clock says so; the last one runs still, and its share is of what has passed of it. */
export function dayOf(ended: readonly Ended[], running: readonly number[], now: number): ApiDay {
  const spans: readonly (readonly [from: number, to: number])[] = [
    ...ended.map(({ startedAt, finishedAt }) => [startedAt, finishedAt] as const),
    ...running.map((startedAt) => [startedAt, now] as const),
  ];
  const first = hourOf(now) - (HOURS - 1) * HOUR_MS;
  const hours = Array.from({ length: HOURS }, (_, at) => {
    const from = first + at * HOUR_MS;
    const to = Math.min(from + HOUR_MS, now);
    return {
      at: from,
      ...countsOf(ended.filter((job) => hourOf(job.finishedAt) === from)),
      busyShare: shareOf(spans, from, to),
    };
  });
  return {
    hours,
    ...countsOf(ended.filter(({ finishedAt }) => finishedAt >= first)),
    busyShare: shareOf(spans, first, now),
  };
}

const countsOf = (jobs: readonly Ended[]): Pick<ApiDay, 'completed' | 'failed' | 'cancelled'> => ({
  completed: jobs.filter(({ outcome }) => outcome === 'completed').length,
  failed: jobs.filter(({ outcome }) => outcome === 'failed').length,
  cancelled: jobs.filter(({ outcome }) => outcome === 'cancelled').length,
});

/** To a thousandth, so that a running job does not change every hour that is long over. */
function shareOf(spans: readonly (readonly [from: number, to: number])[], from: number, to: number): number {
  if (to <= from) return 0;
  const busyMs = spans.reduce((sum, [start, end]) => sum + Math.max(0, Math.min(end, to) - Math.max(start, from)), 0);
  return Math.round(Math.min(1, busyMs / (to - from)) * 1000) / 1000;
}
