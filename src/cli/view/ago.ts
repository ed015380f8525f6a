import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../base/units.ts';

const UNITS = [
  [DAY_MS, 'd'],
  [HOUR_MS, 'h'],
  [MINUTE_MS, 'min'],
  [SECOND_MS, 's'],
] as const;

/** How long ago that was, in its largest unit: `3 min ago`. A time to come, by a clock that differs, is `now`. */
export function agoText(at: number, now: number): string {
  const ms = now - at;
  const [unitMs, name] = UNITS.find(([unit]) => ms >= unit) ?? [];
  return unitMs === undefined ? 'now' : `${Math.floor(ms / unitMs)} ${name} ago`;
}

/** The same of a time as the studio writes it. */
export const agoOf = (timestamp: string, now: number): string => agoText(Date.parse(timestamp), now);
