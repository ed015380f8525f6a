import type { JobId } from '../base/ids.ts';
import type { Origin } from '../jobs/turn-order.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { DeliveryReport } from '../jobs/delivery-report.ts';
import type { WorkerEvent } from './events.ts';

/** The newest jobs that ended, up to a limit for each origin, newest last. */
export interface JobHistory {
  /** For the stream of events. */
  onEvent(event: WorkerEvent): void;
  recent(): readonly JobRecord[];
}

/** As many as the reference shows its operator. */
const KEPT = 50;

/** An empty history. Lives as long as the process: what happened before a start is the studio's to know. */
export function createHistory(kept = KEPT): JobHistory {
  /** By id: a job that comes again takes the place of its earlier try. */
  const records = new Map<JobId, JobRecord>();
  const counts = new Map<Origin, number>();

  function forget(jobId: JobId): void {
    const origin = records.get(jobId)?.origin;
    if (origin === undefined) return;
    records.delete(jobId);
    counts.set(origin, countOf(origin) - 1);
  }

  const countOf = (origin: Origin): number => counts.get(origin) ?? 0;

  function add(record: JobRecord): void {
    const { jobId, origin } = record;
    forget(jobId);
    records.set(jobId, record);
    counts.set(origin, countOf(origin) + 1);
    if (countOf(origin) <= kept) return;
    for (const oldest of records.values()) if (oldest.origin === origin) return forget(oldest.jobId);
  }

  function onDelivery(jobId: JobId, report: DeliveryReport): void {
    const record = records.get(jobId);
    if (record?.status === 'undelivered') records.set(jobId, { ...record, ...statusAfter(report) });
  }

  return {
    onEvent(event) {
      if (event.is === 'outcome') add(event.job);
      else if (event.is === 'delivery') onDelivery(event.jobId, event.report);
    },
    recent: () => [...records.values()],
  };
}

/** Of a job whose result was made. */
function statusAfter(report: DeliveryReport): Pick<JobRecord, 'status' | 'reason'> {
  switch (report.is) {
    case 'delivered':
    case 'reported':
      return { status: 'completed' };
    case 'sent':
      return { status: 'undelivered' };
    case 'kept':
      return { status: 'undelivered', reason: report.because };
    case 'discarded':
      return { status: 'discarded', reason: report.because };
    default:
      return report satisfies never;
  }
}
