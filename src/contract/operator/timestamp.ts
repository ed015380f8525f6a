import * as v from 'valibot';

/** RFC 3339 with a zone, as both sides of the operator API write a time. */
export const Timestamp = v.pipe(v.string(), v.isoTimestamp());

/** RFC 3339 in UTC, of milliseconds since the epoch. */
export const isoOf = (at: number): string => new Date(at).toISOString();
