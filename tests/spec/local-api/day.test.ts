import { heapStats } from 'bun:jsc';
import { expect, test } from 'bun:test';
import { HOUR_MS, MINUTE_MS } from '../../../src/base/units.ts';
import type { JobStatus } from '../../../src/contract/worker/jobs.ts';
import { endedRecord } from '../../../src/jobs/job-record.ts';
import { createDayBook } from '../../../src/local-api/facts/day.ts';
import type { WorkerEvent } from '../../../src/worker/events.ts';
import { aJsonOutcome } from '../../fakes/outcomes.ts';

const MIDNIGHT = Date.UTC(2026, 10, 28);
const NOON = MIDNIGHT + 12 * HOUR_MS;
const HALF_PAST = NOON + 30 * MINUTE_MS;

/** A book at the given time, which may be set. */
function setup(now: number) {
  const clock = { now };
  return { clock, book: createDayBook(() => clock.now) };
}

const ended = (startedAt: number, finishedAt: number, status: JobStatus = 'completed'): WorkerEvent => ({
  is: 'outcome',
  job: { ...endedRecord(aJsonOutcome('job-1')), status, startedAt, finishedAt },
});

test('a day has twenty-four hours, of which the last one runs', () => {
  const { hours, busyShare } = setup(HALF_PAST).book.day([]);
  expect(hours).toHaveLength(24);
  expect(hours.at(-1)?.at).toBe(NOON);
  expect(hours[0]?.at).toBe(NOON - 23 * HOUR_MS);
  expect(busyShare).toBe(0);
});

test('a job counts where it ended and fills each hour it ran', () => {
  const { book } = setup(HALF_PAST);
  book.onEvent(ended(NOON - 90 * MINUTE_MS, NOON - 15 * MINUTE_MS, 'failed'));
  const { hours, failed, completed } = book.day([]);
  expect({ failed, completed }).toEqual({ failed: 1, completed: 0 });
  expect(hours.slice(-3).map((hour) => [hour.failed, hour.busyShare])).toEqual([
    [0, 0.5],
    [1, 0.75],
    [0, 0],
  ]);
});

test('jobs side by side fill an hour once, and the day in sum', () => {
  const { book } = setup(NOON + HOUR_MS);
  for (const status of ['completed', 'cancelled'] as const) book.onEvent(ended(NOON, NOON + 45 * MINUTE_MS, status));
  const { hours, busyShare, ...counts } = book.day([]);
  expect(hours.at(-2)).toEqual({ at: NOON, completed: 1, failed: 0, cancelled: 1, busyShare: 1 });
  expect({ busyShare, ...counts }).toEqual({ busyShare: 0.065, completed: 1, failed: 0, cancelled: 1 });
});

test('what runs now fills the hour that runs, as far as it has come', () => {
  expect(setup(HALF_PAST).book.day([NOON]).hours.at(-1)?.busyShare).toBe(1);
  expect(setup(NOON).book.day([NOON]).hours.at(-1)?.busyShare).toBe(0);
});

test('a job of the day before has left the strip', () => {
  const { clock, book } = setup(NOON - 29 * HOUR_MS);
  book.onEvent(ended(NOON - 30 * HOUR_MS, NOON - 29 * HOUR_MS));
  clock.now = NOON;
  expect(book.day([])).toMatchObject({ completed: 0, busyShare: 0 });
  book.onEvent(ended(NOON - 30 * HOUR_MS, NOON - 29 * HOUR_MS)); // reported late
  expect(book.day([])).toMatchObject({ completed: 0, busyShare: 0 });
});

test('of a job that ran for days only the hours of this day count', () => {
  const { book } = setup(NOON);
  book.onEvent(ended(NOON - 72 * HOUR_MS, NOON - HOUR_MS));
  const { hours, completed } = book.day([]);
  expect([completed, hours.filter(({ busyShare }) => busyShare === 1).length]).toEqual([1, 22]);
});

test('a day of many jobs takes no more memory than one of few', () => {
  const { book } = setup(HALF_PAST);
  const event = ended(NOON, NOON + MINUTE_MS);
  const objectsAfter = (jobs: number): number => {
    for (let done = 0; done < jobs; done++) book.onEvent(event);
    Bun.gc(true);
    return heapStats().objectCount;
  };
  const few = objectsAfter(100);
  expect(objectsAfter(50_000) - few).toBeLessThan(5_000);
  expect(book.day([]).completed).toBe(50_100);
});
