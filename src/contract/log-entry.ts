import * as v from 'valibot';
import { absentable } from './numbers.ts';

/** One line of a worker's log as the studio keeps it. `ts` is RFC 3339 in UTC with milliseconds. */
export const LogEntrySchema = v.object({
  ts: v.string(),
  level: v.string(),
  category: v.string(),
  message: v.string(),
  jobId: absentable(v.string()),
});
/** The same as a worker writes it: three levels, and no job id rather than a null one. */
const WrittenEntrySchema = v.object({
  ts: v.string(),
  level: v.picklist(['info', 'warn', 'error']),
  category: v.string(),
  message: v.string(),
  jobId: v.exactOptional(v.string()),
});
export type LogEntry = Readonly<v.InferOutput<typeof WrittenEntrySchema>>;

/** A line of a running worker's own log, as it keeps it. `seq` counts up from 1 within one run of the worker. */
export const OwnLogLineSchema = v.object({ seq: v.number(), ...WrittenEntrySchema.entries });
export type OwnLogLine = v.InferOutput<typeof OwnLogLineSchema>;
