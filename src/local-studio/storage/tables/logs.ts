import type { LogLine } from '../../../contract/operator/views.ts';

/** Lines from the logs of all workers. */
export interface LogTable {
  /** Keeps the newest lines only. Returns these as they are kept. */
  add(workerId: string, entries: readonly Omit<LogLine, 'seq' | 'workerId'>[]): Promise<readonly LogLine[]>;
  page(query: {
    readonly workerId: string | undefined;
    readonly after: number;
    readonly limit: number;
    /** The newest lines after that one instead of the oldest. */
    readonly newest?: boolean;
  }): Promise<readonly LogLine[]>;
}
