import type { LogEntry } from '../../contract/log-entry.ts';
import type { JobLog } from '../contract/jobs.ts';

/** What was logged of each of the newest jobs. */
export interface JobLogs {
  onLine(entry: LogEntry): void;
  /** Undefined for a job of which nothing is kept. */
  of(jobId: string): JobLog | undefined;
}

/** Studio contract, the log of a job. */
const MAX_LINES = 400;
const MAX_CHARACTERS = 2_000;
const MAX_JOBS = 128;

/** Keeps the newest lines of the newest jobs. */
export function createJobLogs(): JobLogs {
  const logs = new Map<string, { lines: JobLog['lines']; dropped: number }>();
  return {
    onLine({ ts, level, category, message, jobId }) {
      if (jobId === undefined) return;
      const log = logs.get(jobId) ?? { lines: [], dropped: 0 };
      logs.delete(jobId); // a job that logs is among the newest
      logs.set(jobId, log);
      log.lines.push({ ts, level, target: category, message: message.slice(0, MAX_CHARACTERS) });
      if (log.lines.length > MAX_LINES) {
        log.lines.shift();
        log.dropped += 1;
      }
      const [oldest] = logs.keys();
      if (logs.size > MAX_JOBS && oldest !== undefined) logs.delete(oldest);
    },
    of(jobId) {
      const log = logs.get(jobId);
      return log && { lines: [...log.lines], dropped: log.dropped };
    },
  };
}
