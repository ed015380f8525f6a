import { SECOND_MS } from '../base/units.ts';
import type { Clock } from '../system/clock.ts';
import type { LogEvent, LogSink } from './logger.ts';

/*
 * Whoever may send us frames may send many, and the log must not grow one to one with what it rejects. So each event may
 * be logged often for a while, then at a steady rate, and what is left out is counted:
 *
 *   rejecting offer j-1: worker is paused … 4711 more "offer.rejected" in the last 10.0 s
 */

/** How many lines an event may log at once, and how often one more. */
interface Allowance {
  readonly burst: number;
  readonly everyMs: number;
}

/** For what somebody else causes at will. */
const OTHERS: Allowance = { burst: 100, everyMs: SECOND_MS };
/** For the steps of jobs we took, which our own work bounds, and by whose lines an operator follows each job. */
const OWN_WORK: Allowance = { burst: 1_000, everyMs: SECOND_MS / 20 };
const NOUNS_OF_WORK: ReadonlySet<string> = new Set(['job', 'result', 'artifact', 'delivery', 'model']);
/** How long lines are counted before the count is logged. */
const COUNT_MS = 10 * SECOND_MS;

/** A sink in front of another, which passes on no more than is worth reading. */
export interface Collapser {
  readonly sink: LogSink;
  /** Logs the counts so far. */
  flush(): void;
}

/** What is known of one event. */
interface Repeats {
  readonly allowance: Allowance;
  /** Lines that may be logged now, as of `asOfMs` of the monotonic clock. */
  left: number;
  asOfMs: number;
  /** Lines left out since `sinceMs`. */
  count: number;
  sinceMs: number;
  latest: LogEvent;
}

/**
 * Counts what is logged too often instead of passing it on. Events are told apart by area, name, level and the rule that
 * they name, all of which are our own words, so there are few. Debug events pass: their reader wants every one.
 */
export function collapseRepeats(to: LogSink, clock: Pick<Clock, 'now' | 'elapsed' | 'after'>): Collapser {
  const known = new Map<string, Repeats>();
  let isArmed = false;

  const flush = (): void => {
    for (const repeats of known.values()) {
      const { count, sinceMs, latest } = repeats;
      if (count === 0) continue;
      repeats.count = 0;
      const fields = { repeated: latest.event, count, durationMs: Math.round(clock.elapsed() - sinceMs) };
      to({ at: clock.now(), level: latest.level, area: latest.area, event: 'lines.collapsed', fields });
    }
  };
  const onElapsed = (): void => {
    isArmed = false;
    flush();
  };
  const sink: LogSink = (event) => {
    if (event.level === 'debug') return to(event);
    const [key, nowMs] = [keyOf(event), clock.elapsed()];
    let repeats = known.get(key);
    if (repeats === undefined) known.set(key, (repeats = begin(event, nowMs)));
    if (mayLog(repeats, nowMs)) return to(event);
    if (repeats.count === 0) repeats.sinceMs = nowMs;
    repeats.count += 1;
    repeats.latest = event;
    if (!isArmed) clock.after(COUNT_MS, onElapsed);
    isArmed = true;
  };
  return { sink, flush };
}

const keyOf = ({ area, event, level, fields: { rule } }: LogEvent): string =>
  `${area} ${event} ${level} ${typeof rule === 'string' ? rule : ''}`;

function begin(event: LogEvent, nowMs: number): Repeats {
  const allowance = NOUNS_OF_WORK.has(event.event.split('.')[0] ?? '') ? OWN_WORK : OTHERS;
  return { allowance, left: allowance.burst, asOfMs: nowMs, count: 0, sinceMs: nowMs, latest: event };
}

/** Takes one line of the allowance, which fills up again with time. */
function mayLog(repeats: Repeats, nowMs: number): boolean {
  const { burst, everyMs } = repeats.allowance;
  repeats.left = Math.min(burst, repeats.left + (nowMs - repeats.asOfMs) / everyMs);
  repeats.asOfMs = nowMs;
  if (repeats.left < 1) return false;
  repeats.left -= 1;
  return true;
}
