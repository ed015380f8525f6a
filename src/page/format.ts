import { DAY_MS, GIB, HOUR_MS, KIB, MIB, MINUTE_MS, SECOND_MS } from '../base/units.ts';

/*
 * Numbers and times as the window shows them. All times are local to the reader; an unknown value has a word of its own,
 * so nothing here takes undefined.
 */

/** A span of time in its two largest units: `12s`, `3m 04s`, `1h 12m`, `3d 4h`. Below a second it is `0s`. */
export function duration(ms: number): string {
  const span = Math.max(0, ms);
  if (span < MINUTE_MS) return `${Math.floor(span / SECOND_MS)}s`;
  if (span < HOUR_MS)
    return `${Math.floor(span / MINUTE_MS)}m ${twoDigits(Math.floor((span % MINUTE_MS) / SECOND_MS))}s`;
  if (span < DAY_MS) return `${Math.floor(span / HOUR_MS)}h ${Math.floor((span % HOUR_MS) / MINUTE_MS)}m`;
  return `${Math.floor(span / DAY_MS)}d ${Math.floor((span % DAY_MS) / HOUR_MS)}h`;
}

/** How long until something: up to the next second, so that it ends with the wait. */
export const countdown = (ms: number): string => duration(Math.ceil(ms / SECOND_MS) * SECOND_MS);

/** How long an answer took: `41 ms`, and `2.4 s` where milliseconds say too much. */
export const latency = (ms: number): string =>
  ms < SECOND_MS ? `${Math.round(ms)} ms` : `${(ms / SECOND_MS).toFixed(1)} s`;

/** A size in binary units, with a decimal as long as it says something: `84 KiB`, `1.3 MiB`, `196 MiB`, `12.4 GiB`. */
export function bytes(count: number): string {
  if (count < KIB) return `${count} B`;
  if (count < MIB) return `${Math.round(count / KIB)} KiB`;
  if (count < GIB) return withDecimalBelow(10, count / MIB, 'MiB');
  return withDecimalBelow(100, count / GIB, 'GiB');
}

/** How much of something is there, both in the unit of the whole: `7.7 of 12.4 GiB`. */
export function bytesOf(done: number, total: number): string {
  const [unit, name] = total < MIB ? [KIB, 'KiB'] : total < GIB ? [MIB, 'MiB'] : [GIB, 'GiB'];
  return `${(done / unit).toFixed(1)} of ${(total / unit).toFixed(1)} ${name}`;
}

/** `41.8 MiB/s` */
export const rate = (bytesPerSecond: number): string =>
  bytesPerSecond < MIB ? `${(bytesPerSecond / KIB).toFixed(1)} KiB/s` : `${(bytesPerSecond / MIB).toFixed(1)} MiB/s`;

/** Memory that is counted in GiB already: `7.9 GiB`. */
export const gib = (amount: number): string => `${amount.toFixed(1)} GiB`;

/** A share from 0 to 1: `62 %`. */
export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** `48,213` */
export const count = (many: number): string => many.toLocaleString('en-GB');

/** `1 job`, `31 jobs`: the word follows the number. */
export const plural = (many: number, one: string, several = `${one}s`): string =>
  `${count(many)} ${many === 1 ? one : several}`;

/** Where a player is, from seconds: `0:05`, `12:40`, `1:02:03`. `0:00` while nobody knows. */
export function playTime(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.floor(Math.max(0, seconds)) : 0;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const clock = `${hours > 0 ? twoDigits(minutes) : minutes}:${twoDigits(whole % 60)}`;
  return hours > 0 ? `${hours}:${clock}` : clock;
}

/** `14:31` */
export const clockTime = (at: number): string => {
  const time = new Date(at);
  return `${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}`;
};

/** `14:31:12` */
export const clockSeconds = (at: number): string => `${clockTime(at)}:${twoDigits(new Date(at).getSeconds())}`;

/** `14:31:12.118`, as a log needs it. */
export const clockMillis = (at: number): string =>
  `${clockSeconds(at)}.${String(new Date(at).getMilliseconds()).padStart(3, '0')}`;

/** `14 Nov` */
export const day = (at: number): string => {
  const time = new Date(at);
  return `${time.getDate()} ${MONTHS[time.getMonth()]}`;
};

/** `12 Nov 2026` */
export const date = (at: number): string => `${day(at)} ${new Date(at).getFullYear()}`;

/** The time of day alone where that is enough, else the day with it: `14:31`, `27 Nov, 08:19`. */
export const moment = (at: number, now: number): string =>
  isSameDay(at, now) ? clockTime(at) : `${day(at)}, ${clockTime(at)}`;

export const isSameDay = (at: number, now: number): boolean =>
  new Date(at).toDateString() === new Date(now).toDateString();

/**
 * What a log says, as a sentence of its own begins: reasons and hints are written to stand behind a colon. A name of a
 * file or a key stays as it is.
 */
export const sentence = (text: string): string =>
  /^[a-z]+(?=[\s,:;]|$)/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;

/** What a link's text says of a URL: its host, and its port where there is one. The URL itself where it is none. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');

const withDecimalBelow = (limit: number, value: number, unit: string): string =>
  `${value < limit ? value.toFixed(1) : Math.round(value)} ${unit}`;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
