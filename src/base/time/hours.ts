import { HOUR_MS } from '../units.ts';

/*
 * A day as charts show it: the hour that runs and those before it, each of which begins where the clock says so. Times in
 * milliseconds since the epoch.
 */

/** As many as a day has. */
export const HOURS = 24;

/** A time that something took. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** When the hour began that this moment is in. */
export const hourOf = (at: number): number => Math.floor(at / HOUR_MS) * HOUR_MS;

/** When the first hour of the day began that ends with the hour of `now`. */
export const dayStart = (now: number): number => hourOf(now) - (HOURS - 1) * HOUR_MS;

/** How much of it is in the hour that began at `hourAt`, in milliseconds. */
export const overlapMs = ({ from, to }: Span, hourAt: number): number =>
  Math.max(0, Math.min(to, hourAt + HOUR_MS) - Math.max(from, hourAt));
