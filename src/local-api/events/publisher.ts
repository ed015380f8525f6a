import { SECOND_MS } from '../../base/units.ts';
import type { LogEntry } from '../../contract/log-entry.ts';
import type { Numbered } from '../../log/ring.ts';
import type { Clock } from '../../system/clock.ts';
import type { JobRecord } from '../../jobs/job-record.ts';
import type { WorkerEvent } from '../../worker/events.ts';
import type { ApiEvent } from '../contract/events.ts';
import type { ApiJob } from '../contract/jobs.ts';
import type { LiveStatus } from '../contract/status.ts';
import type { EventFeed } from '../../page-host/feed.ts';

export interface PublisherOptions {
  readonly feed: Pick<EventFeed<ApiEvent>, 'publish' | 'subscribers' | 'viewers' | 'isFollowed'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly readStatus: () => Promise<LiveStatus>;
  readonly viewJob: (job: JobRecord) => ApiJob;
  /** A job of those that run or ended lately. */
  readonly findJob: (jobId: string) => JobRecord | undefined;
  /** Asks drivers how much memory is free. */
  readonly refreshMemory: () => Promise<unknown>;
}

/** What happens in the worker, and what is logged, as events of the API. */
export interface Publisher extends Disposable {
  onEvent(event: WorkerEvent): void;
  onLine(line: Numbered<LogEntry>): void;
}

/** Longer than the events of one change are apart. */
const SETTLE_MS = 100;
/** Memory changes without an event; drivers are asked only while somebody looks. */
const MEMORY_EVERY_MS = 10 * SECOND_MS;

/** Follows the worker for whoever has the feed open. What nobody follows costs nothing. */
export function createPublisher(options: PublisherOptions): Publisher {
  const { feed, clock, viewJob, findJob, refreshMemory } = options;
  const status = settledStatus(options);
  const memory = repeat(clock, MEMORY_EVERY_MS, async () => {
    if (feed.viewers === 0) return;
    await refreshMemory();
    status.soon();
  });
  return {
    onEvent(event) {
      if (!feed.isFollowed) return; // a job is looked up in the status, which takes as long as the rest of its way
      if (event.is === 'progress') {
        const { jobId, done, total, share } = event;
        return feed.publish({ event: 'progress', data: { jobId, done, total, share } });
      }
      const job = jobIn(event, findJob);
      if (job !== undefined) feed.publish({ event: 'job', data: viewJob(job) });
      if (event.is === 'models') feed.publish({ event: 'models', data: event.models.map((model) => ({ ...model })) });
      if (event.is === 'catalogue') feed.publish({ event: 'catalogue', data: {} });
      else status.soon();
    },
    onLine({ seq, item }) {
      if (feed.isFollowed) feed.publish({ event: 'log', data: { seq, ...item } });
    },
    [Symbol.dispose]() {
      status[Symbol.dispose]();
      memory[Symbol.dispose]();
    },
  };
}

/** Publishes the status once a burst of events is over, where it is another than the last. */
function settledStatus({ feed, clock, readStatus }: PublisherOptions): Disposable & { readonly soon: () => void } {
  let last = '';
  let pending = false;
  let over = false;

  async function publish(): Promise<void> {
    pending = false;
    if (over || feed.subscribers === 0) return; // whoever comes is shown the present first
    const status = await readStatus();
    const { logsSeq: _moves, ...facts } = status;
    const text = JSON.stringify(facts);
    if (over || text === last) return;
    last = text;
    feed.publish({ event: 'status', data: status });
  }

  return {
    soon() {
      if (pending || over || feed.subscribers === 0) return;
      pending = true;
      clock.after(SETTLE_MS, () => void publish());
    },
    [Symbol.dispose]() {
      over = true;
    },
  };
}

/** Works again and again, each time so long after the end of the last, until disposed. */
function repeat(clock: Pick<Clock, 'after'>, everyMs: number, work: () => Promise<void>): Disposable {
  let over = false;
  let disarm = (): void => {};
  const arm = (): void => {
    if (!over) disarm = clock.after(everyMs, () => void work().then(arm));
  };
  arm();
  return {
    [Symbol.dispose]() {
      over = true;
      disarm();
    },
  };
}

/** The job that an event changed. */
function jobIn(event: WorkerEvent, findJob: PublisherOptions['findJob']): JobRecord | undefined {
  if (event.is === 'accepted' || event.is === 'outcome') return event.job;
  return event.is === 'phase' || event.is === 'delivery' || event.is === 'thumbnail' ? findJob(event.jobId) : undefined;
}
