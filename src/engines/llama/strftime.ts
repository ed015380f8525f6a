import { WorkerError } from '../../base/errors.ts';

/** Names as the C locale has them: a template is written for a model, not for who runs it. */
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

const DAY_MS = 86_400_000;
const MINUTES_PER_HOUR = 60;

type Field = (at: Date) => string;

const padded = (value: number, length = 2): string => String(value).padStart(length, '0');
const hour12 = (at: Date): number => at.getHours() % 12 || 12;
const short = (name: string | undefined = ''): string => name.slice(0, 3);
const dayOfYear = (at: Date): number =>
  Math.round((Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) - Date.UTC(at.getFullYear(), 0, 0)) / DAY_MS);

/** What is east of Greenwich is positive. */
function offset(at: Date, separator: string): string {
  const minutes = -at.getTimezoneOffset();
  const [hours, rest] = [Math.trunc(Math.abs(minutes) / MINUTES_PER_HOUR), Math.abs(minutes) % MINUTES_PER_HOUR];
  return `${minutes < 0 ? '-' : '+'}${padded(hours)}${separator}${padded(rest)}`;
}

/** The conversions of strftime (POSIX.1-2017) that templates use. */
const FIELDS: Readonly<Record<string, Field>> = {
  Y: (at) => String(at.getFullYear()),
  y: (at) => padded(at.getFullYear() % 100),
  m: (at) => padded(at.getMonth() + 1),
  B: (at) => MONTHS[at.getMonth()] ?? '',
  b: (at) => short(MONTHS[at.getMonth()]),
  h: (at) => short(MONTHS[at.getMonth()]),
  d: (at) => padded(at.getDate()),
  e: (at) => String(at.getDate()).padStart(2),
  j: (at) => padded(dayOfYear(at), 3),
  A: (at) => DAYS[at.getDay()] ?? '',
  a: (at) => short(DAYS[at.getDay()]),
  u: (at) => String(at.getDay() || 7),
  w: (at) => String(at.getDay()),
  H: (at) => padded(at.getHours()),
  I: (at) => padded(hour12(at)),
  M: (at) => padded(at.getMinutes()),
  S: (at) => padded(at.getSeconds()),
  p: (at) => (at.getHours() < 12 ? 'AM' : 'PM'),
  s: (at) => String(Math.floor(at.getTime() / 1000)),
  z: (at) => offset(at, ''),
  Z: (at) => offset(at, ':'),
  F: (at) => strftime('%Y-%m-%d', at),
  D: (at) => strftime('%m/%d/%y', at),
  T: (at) => strftime('%H:%M:%S', at),
  R: (at) => strftime('%H:%M', at),
  n: () => '\n',
  t: () => '\t',
  '%': () => '%',
};

/**
 * A moment in this machine's local time. `%-d` is `%d` without what fills it up.
 *
 * @throws WorkerError `model.unusable` in the studio contract's words for what is no conversion
 */
export function strftime(format: string, at: Date): string {
  return format.replaceAll(/%(-?)(.?)/gsu, (whole: string, bare: string, letter: string) => {
    const field = Object.hasOwn(FIELDS, letter) ? FIELDS[letter] : undefined;
    if (field === undefined) throw new WorkerError('model.unusable', `strftime_now: unsupported format ${whole}`);
    return bare === '' ? field(at) : field(at).replace(/^[0 ]+(?=.)/, '');
  });
}
