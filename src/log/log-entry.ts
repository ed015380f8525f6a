/**
 * One line as the studio and the local page show it: the studio contract's log entry, which this folder names for
 * itself because a log knows no frames. `ts` is RFC 3339 in UTC with milliseconds.
 */
export interface LogEntry {
  readonly ts: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly category: string;
  readonly message: string;
  readonly jobId?: string;
}
