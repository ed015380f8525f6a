import { formatDuration } from '../../base/units.ts';
import type { ScheduleState } from './schedule.ts';

export const CONDITIONS = ['schedule', 'battery', 'programs', 'full-screen'] as const;
export type ConditionName = (typeof CONDITIONS)[number];

/** One thing that the operator ties the jobs of this worker to, and how it stands now. */
export interface Condition {
  readonly what: ConditionName;
  /** Jobs are taken, as far as this is concerned. */
  readonly isMet: boolean;
  /** False where the machine does not tell. That keeps no jobs away: a setting must not silence a worker for good. */
  readonly isKnown: boolean;
  /** How it stands, in a sentence's end. */
  readonly because: string;
}

/** The hours of the week as a condition; undefined where none are set. */
export function scheduleCondition(state: ScheduleState, now: number): Condition | undefined {
  if (state.is === 'always') return undefined;
  const { is, changesAt } = state;
  const what = 'schedule';
  if (is === 'open') {
    const until = changesAt === undefined ? '' : `, until ${momentOf(changesAt)}`;
    return { what, isMet: true, isKnown: true, because: `within the hours of [[schedule]]${until}` };
  }
  const next = changesAt === undefined ? 'never opens' : `opens ${momentOf(changesAt)}, in ${spanTo(changesAt, now)}`;
  return { what, isMet: false, isKnown: true, because: `outside the hours of [[schedule]], which ${next}` };
}

/** By the clock of this machine: whoever reads it stands before it. */
const momentOf = (at: number): string =>
  new Intl.DateTimeFormat('en-GB', { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(
    at,
  );

const spanTo = (at: number, now: number): string => formatDuration(Math.max(0, at - now));
