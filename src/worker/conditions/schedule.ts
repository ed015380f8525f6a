import { DAYS, minutesOf, type ScheduleWindow } from '../../base/config/schedule-window.ts';
import { MINUTE_MS } from '../../base/units.ts';

/*
 * Whether jobs are taken at a moment, by the hours of the week that the operator set. Windows are about the clock on the
 * wall of their zone: an hour that comes twice in autumn is open twice, and one that spring leaves out does not open.
 */

/** How the schedule stands; `changesAt` is in milliseconds since the epoch. */
export type ScheduleState =
  | { readonly is: 'always' }
  /** Undefined where it never changes. */
  | { readonly is: 'open' | 'closed'; readonly changesAt: number | undefined };

/** No offset of a zone differs from its neighbours by less, and all of them change at such a moment. */
const SEGMENT_MINUTES = 15;
const SEGMENT_MS = SEGMENT_MINUTES * MINUTE_MS;
const DAY_MINUTES = 24 * 60;
/** Every week is like the other but for the changes of clocks, which move an edge by a day at most. */
const HORIZON_MS = 9 * DAY_MINUTES * MINUTE_MS;

/** A moment on the wall: the day of the week from Monday, and the minute of that day. */
interface WallTime {
  readonly day: number;
  readonly minute: number;
}

export function scheduleAt(windows: readonly ScheduleWindow[], now: number): ScheduleState {
  if (windows.length === 0) return { is: 'always' };
  const isOpenNow = isOpenAt(windows, now);
  const is = isOpenNow ? 'open' : 'closed';
  for (let start = now - (now % SEGMENT_MS); start < now + HORIZON_MS; start += SEGMENT_MS) {
    const open = openMinutes(windows, start);
    for (const [minute, isOpen] of open.entries()) {
      const at = start + minute * MINUTE_MS;
      if (at > now && isOpen !== isOpenNow) return { is, changesAt: at };
    }
  }
  return { is, changesAt: undefined };
}

function isOpenAt(windows: readonly ScheduleWindow[], now: number): boolean {
  const start = now - (now % SEGMENT_MS);
  return openMinutes(windows, start)[Math.floor((now - start) / MINUTE_MS)] ?? false;
}

/** For each minute of a segment, whether any window is open. */
function openMinutes(windows: readonly ScheduleWindow[], start: number): readonly boolean[] {
  const walls = windows.map((window) => ({ window, wall: wallTime(start, window.time_zone) }));
  return Array.from({ length: SEGMENT_MINUTES }, (_, minute) =>
    walls.some(({ window, wall }) => isWithin(window, { day: wall.day, minute: wall.minute + minute })),
  );
}

/** A window that ends before it begins goes past midnight, and belongs to the day on which it opened. */
function isWithin({ days = [...DAYS], from, to }: ScheduleWindow, { day, minute }: WallTime): boolean {
  const [start = 0, end = 0] = [minutesOf(from), minutesOf(to)];
  const opensOn = (which: number): boolean => days.some((name) => DAYS.indexOf(name) === (which + 7) % 7);
  if (start < end) return opensOn(day) && minute >= start && minute < end;
  return (opensOn(day) && minute >= start) || (opensOn(day - 1) && minute < end);
}

const FORMATS = new Map<string | undefined, Intl.DateTimeFormat>();

function wallTime(at: number, zone: string | undefined): WallTime {
  let format = FORMATS.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      ...(zone === undefined ? {} : { timeZone: zone }),
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    FORMATS.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const day = DAYS.findIndex((name) => name === parts['weekday']?.slice(0, 3).toLowerCase());
  return { day, minute: (Number(parts['hour']) * 60 + Number(parts['minute'])) % DAY_MINUTES };
}
