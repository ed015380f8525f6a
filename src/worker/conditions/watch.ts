import type { ScheduleWindow } from '../../base/config/schedule-window.ts';
import { SECOND_MS } from '../../base/units.ts';
import type { Clock } from '../../system/clock.ts';
import { type Condition, scheduleCondition } from './condition.ts';
import { scheduleAt, type ScheduleState } from './schedule.ts';

/** Keeps at hand how everything stands that the operator ties jobs to. */
export interface ConditionsWatch extends Disposable {
  /** Those that are set. The hours of the week are as of now, the rest as the machine was asked last. */
  current(): readonly Condition[];
  /** Settles after the first reading. */
  readonly first: Promise<void>;
  /** Reads now: what is set is another, or somebody wants to know. */
  refresh(): void;
}

export interface ConditionsOptions {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly windows: () => readonly ScheduleWindow[];
  /** Whether anything is set: nothing is read repeatedly for nobody. */
  readonly isAnySet: () => boolean;
  /** Asks the machine about what else is set. Never rejects. */
  readonly probe: () => Promise<readonly Condition[]>;
  /** Called when a condition comes to be met or ceases to be, and at first for each that is not met. */
  readonly onChange: (condition: Condition) => void;
}

/** As often as a heartbeat goes out, which tells the studio. */
const READ_EVERY_MS = 5 * SECOND_MS;

export function watchConditions(options: ConditionsOptions): ConditionsWatch {
  const { clock, windows, isAnySet, probe, onChange } = options;
  const first = Promise.withResolvers<void>();
  const schedule = rememberedSchedule(windows);
  let probed: readonly Condition[] = [];
  const reportChanges = changesOf(onChange);
  let over = false;
  let disarm = (): void => {};
  let reading: Promise<void> | undefined;

  function current(): readonly Condition[] {
    const now = clock.now();
    const hours = scheduleCondition(schedule(now), now);
    return hours === undefined ? probed : [hours, ...probed];
  }

  async function readOnce(): Promise<void> {
    disarm();
    probed = await probe();
    reading = undefined;
    if (over) return first.resolve();
    reportChanges(current());
    first.resolve();
    if (isAnySet()) disarm = clock.after(READ_EVERY_MS, read);
  }
  /** Whoever asks while a reading is under way shares it. */
  const read = (): void => void (reading ??= readOnce());
  read();
  return {
    current,
    first: first.promise,
    refresh: read,
    [Symbol.dispose]() {
      over = true;
      disarm();
    },
  };
}

/** Reports what has changed between two readings; before the first one all counted as met. */
function changesOf(onChange: (condition: Condition) => void): (conditions: readonly Condition[]) => void {
  let unmet: ReadonlyMap<string, Condition> = new Map();
  return (conditions) => {
    const before = unmet;
    unmet = new Map(conditions.filter(({ isMet }) => !isMet).map((condition) => [condition.what, condition]));
    for (const condition of unmet.values()) if (!before.has(condition.what)) onChange(condition);
    for (const { what } of before.values()) {
      if (!unmet.has(what)) onChange(conditions.find((one) => one.what === what) ?? notSet(what));
    }
  };
}

const notSet = (what: Condition['what']): Condition => ({
  what,
  isMet: true,
  isKnown: true,
  because: `${what} is not set`,
});

/** Worked out anew only once it may be another: it looks a week ahead. */
function rememberedSchedule(windows: () => readonly ScheduleWindow[]): (now: number) => ScheduleState {
  let last:
    { readonly windows: readonly ScheduleWindow[]; readonly at: number; readonly state: ScheduleState } | undefined;
  return (now) => {
    const current = windows();
    const until = last?.state.is === 'always' ? undefined : last?.state.changesAt;
    const isFresh = last !== undefined && last.windows === current && now >= last.at && now < (until ?? Infinity);
    if (!isFresh || last === undefined) last = { windows: current, at: now, state: scheduleAt(current, now) };
    return last.state;
  };
}
