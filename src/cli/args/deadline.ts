import { WorkerError } from '../../base/errors.ts';
import { quoted } from '../../base/foreign-text.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../base/units.ts';

const SPANS: Readonly<Record<string, number>> = { s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS };
/** With a zone, since the studio may be in another one (RFC 3339). */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** A deadline as the studio takes it. */
export type AskedDeadline = { readonly deadline: string } | { readonly deadlineInMs: number };

/** A deadline such as `10m`, which the studio counts by its own clock, or a time. @throws WorkerError `cli.usage` */
export function deadlineIn(given: string): AskedDeadline {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhdw])$/.exec(given) ?? [];
  const deadlineInMs = Number(count) * (SPANS[unit] ?? 0);
  if (deadlineInMs > 0) return { deadlineInMs };
  const at = TIME.test(given) ? Date.parse(given) : Number.NaN;
  if (!Number.isNaN(at)) return { deadline: new Date(at).toISOString() };
  throw new WorkerError(
    'cli.usage',
    `--deadline is ${quoted(given)}; allowed: a time from now such as 90s, 10m, 2h or 1d, or a time such as 2027-01-31T18:00Z`,
  );
}
