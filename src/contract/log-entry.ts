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
export interface LogEntry {
  readonly ts: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly category: string;
  readonly message: string;
  readonly jobId?: string;
}
