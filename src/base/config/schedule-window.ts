/** Days of the week as the config names them, in its order. */
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];

/** Hours of the week in which a worker takes jobs, under the names of the config file. */
export type ScheduleWindow = {
  /** The days on which it opens; every day when left out. */
  readonly days?: Day[];
  /** A time on the clock, such as `22:00`. */
  readonly from: string;
  /** The time at which it closes, on the next day where it is before `from`; `24:00` is midnight. */
  readonly to: string;
  /** A zone of the IANA database; the machine's own when left out. */
  readonly time_zone?: string;
};

/** Minutes since midnight, from 0 to 1440; undefined for what is no time on a clock. */
export function minutesOf(time: string): number | undefined {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$|^24:00$/.exec(time) ?? [];
  if (time === '24:00') return 24 * 60;
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}
