import * as v from 'valibot';
import { quoted } from '../../base/foreign-text.ts';
import { DAYS, minutesOf } from '../../base/config/schedule-window.ts';
import { suggest } from '../../base/suggest.ts';

/*
 * The windows of `[[schedule]]`, and what is wrong with one. An hour that nobody can mean would keep the worker from jobs
 * without a word, so each field is checked by its own rule, and a refusal names window, field and value.
 */

const EXPECTS = {
  days: `a list of ${DAYS.map((day) => `"${day}"`).join(', ')}`,
  from: 'a time such as "22:00"',
  to: 'a time such as "07:00", or "24:00" for midnight',
  time_zone: 'a name of the IANA database such as "Europe/Amsterdam"',
} as const;
type Field = keyof typeof EXPECTS;
const FIELDS: readonly string[] = Object.keys(EXPECTS);
const isField = (name: string): name is Field => FIELDS.includes(name);

const Time = v.pipe(
  v.string(),
  v.check((time) => minutesOf(time) !== undefined),
);
const WindowSchema = v.pipe(
  v.strictObject({
    days: v.exactOptional(v.pipe(v.array(v.picklist(DAYS)), v.minLength(1))),
    from: v.pipe(
      Time,
      v.check((time) => time !== '24:00'),
    ),
    to: Time,
    time_zone: v.exactOptional(v.pipe(v.string(), v.check(isTimeZone))),
  }),
  v.forward(
    v.check(({ from, to }) => from !== to),
    ['to'],
  ),
);
export const ScheduleSchema = v.array(WindowSchema);

/** Whether this system knows a time zone of that name. */
function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false; // how `Intl` refuses a name that it does not know (ECMA-402)
  }
}

/** The first thing that is wrong with a schedule. */
export interface ScheduleProblem {
  readonly because: string;
  /** Which window, from 0; undefined where it is no list of windows at all. */
  readonly index: number | undefined;
  readonly part: string | undefined;
}

/** What is wrong with a value that `ScheduleSchema` has refused; `key` is what it is called. */
export function scheduleProblem(key: string, given: unknown): ScheduleProblem {
  const [issue] = v.safeParse(ScheduleSchema, given).issues ?? [];
  const [item, field] = issue?.path ?? [];
  if (item === undefined || !Array.isArray(given) || field === undefined) {
    return { because: `${key} takes windows, each below a line [[${key}]]`, index: undefined, part: undefined };
  }
  const [index, part] = [Number(item.key), String(field.key)];
  const because = `${key}, window ${index + 1}: ${fieldProblem(part, field.value)}`;
  return { because, index, part };
}

function fieldProblem(part: string, value: unknown): string {
  if (!isField(part)) {
    const meant = suggest(part, FIELDS);
    return `there is no ${quoted(part)}; ${meant === undefined ? `it takes ${FIELDS.join(', ')}` : `did you mean ${meant}?`}`;
  }
  if (value === undefined) return `\`${part}\` is missing; it takes ${EXPECTS[part]}`;
  if (part === 'to' && typeof value === 'string' && minutesOf(value) !== undefined) {
    return `\`to\` is ${quoted(value)} like \`from\`; a whole day is from "00:00" to "24:00"`;
  }
  return `\`${part}\` takes ${EXPECTS[part]}, not ${shown(value)}`;
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? quoted(value) : quoted(JSON.stringify(value, asText) ?? 'nothing').slice(1, -1);

/** TOML's whole numbers are none of JSON's. */
const asText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
