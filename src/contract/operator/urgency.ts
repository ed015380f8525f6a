import * as v from 'valibot';
import { DAY_MS } from '../../base/units.ts';
import { absentable } from '../numbers.ts';
import { Timestamp } from './timestamp.ts';

/* How urgent a job is: what goes first, and until when. Part of the operator API, see `views.ts`. */

/** Higher goes first. */
export const Priority = v.pipe(v.number(), v.integer(), v.minValue(-1_000), v.maxValue(1_000));

/** No job waits for longer: ten years. */
export const MAX_DEADLINE_MS = 3_660 * DAY_MS;

/** When a job is to have ended: a time, or milliseconds from when the studio takes the request. */
export const DEADLINE = {
  deadline: absentable(Timestamp),
  deadlineInMs: absentable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_DEADLINE_MS))),
};
/** For a check: whether one of two fields is absent. */
export const excludes = (one: unknown, other: unknown): boolean => one === undefined || other === undefined;
export const ONE_DEADLINE = 'deadline and deadlineInMs exclude each other';

/** What an operator may change about a job; what is left out stays as it is. */
export const JobChangeSchema = v.pipe(
  v.object({
    /** Of a queued job. */
    priority: absentable(Priority),
    /** Of one that has not ended; `none` takes it away. */
    deadline: absentable(v.union([v.literal('none'), Timestamp])),
    deadlineInMs: DEADLINE.deadlineInMs,
  }),
  v.check(({ deadline, deadlineInMs }) => excludes(deadline, deadlineInMs), ONE_DEADLINE),
  v.check((change) => Object.values(change).some((value) => value !== undefined), 'nothing is to be changed'),
);
export type JobChange = v.InferInput<typeof JobChangeSchema>;
