import type { LogLine, StatusView, WorkerView } from '../../contract/operator/views.ts';
import type { JobRowView, StudioFeedEvent } from '../../contract/page/dashboard.ts';
import type { EventFeed } from '../../page-host/feed.ts';
import type { Clock } from '../../system/clock.ts';
import type { Change } from '../changes.ts';

export interface StudioPublisherOptions {
  readonly feed: Pick<EventFeed<StudioFeedEvent>, 'publish' | 'isFollowed'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly status: () => Promise<StatusView>;
  /** Undefined when there is no such job. */
  readonly job: (jobId: string) => Promise<JobRowView | undefined>;
  /** Undefined when there is no such worker any more. */
  readonly worker: (workerId: string) => Promise<WorkerView | undefined>;
  readonly onFailure: (thrown: unknown) => void;
}

/** What changes in the studio, as events of its feed. */
export interface StudioPublisher extends Disposable {
  onChange(change: Change): void;
}

/** A burst of changes is one event for each thing that changed. */
const SETTLE_MS = 100;
/** Counting every job takes a while where there are many, and nobody reads numbers faster. */
const STATUS_MS = 500;

/** What changed since the last round. */
interface Dirty {
  readonly jobs: Set<string>;
  readonly workers: Set<string>;
  readonly lists: Set<'registrations' | 'models' | 'queue'>;
  readonly lines: LogLine[];
}

const nothing = (): Dirty => ({ jobs: new Set(), workers: new Set(), lists: new Set(), lines: [] });

export const createStudioPublisher = (options: StudioPublisherOptions): StudioPublisher => new FeedPublisher(options);

class FeedPublisher implements StudioPublisher {
  readonly #options: StudioPublisherOptions;
  /** What decides about offers, of each worker: when it changes, so may what a queued job waits for. */
  readonly #offered = new Map<string, string>();
  #dirty = nothing();
  #disarm: (() => void) | undefined;
  #disarmStatus: (() => void) | undefined;
  #isPublishing = false;
  #isOver = false;
  #lastStatus = '';

  constructor(options: StudioPublisherOptions) {
    this.#options = options;
  }

  onChange(change: Change): void {
    if (!this.#options.feed.isFollowed || this.#isOver) return; // nobody can ask for what was before them
    take(change, this.#dirty);
    this.#soon();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#disarm?.();
    this.#disarmStatus?.();
  }

  #soon(): void {
    const { clock, onFailure } = this.#options;
    if (this.#isPublishing || this.#isOver) return;
    this.#disarm ??= clock.after(SETTLE_MS, () => void this.#publish().catch(onFailure));
  }

  async #publish(): Promise<void> {
    this.#disarm = undefined;
    this.#isPublishing = true;
    const round = this.#dirty;
    this.#dirty = nothing();
    try {
      await this.#publishRound(round);
    } finally {
      this.#isPublishing = false;
      if (hasAny(this.#dirty)) this.#soon();
    }
  }

  async #publishRound({ jobs, workers, lists, lines }: Dirty): Promise<void> {
    const { feed, job } = this.#options;
    for (const jobId of jobs) {
      const view = await job(jobId);
      if (view !== undefined) feed.publish({ event: 'job', data: view });
    }
    for (const workerId of workers) await this.#publishWorker(workerId, lists);
    for (const list of lists) feed.publish({ event: list, data: {} });
    if (lines.length > 0) feed.publish({ event: 'lines', data: { lines } });
    if (jobs.size + workers.size + lists.size > 0) this.#statusSoon();
  }

  async #publishWorker(workerId: string, lists: Dirty['lists']): Promise<void> {
    const { feed, worker } = this.#options;
    const view = await worker(workerId);
    const facts = view === undefined ? '' : offerFacts(view);
    if (this.#offered.get(workerId) !== facts) lists.add('queue');
    if (view === undefined) {
      this.#offered.delete(workerId);
      return feed.publish({ event: 'workerRemoved', data: { workerId } });
    }
    this.#offered.set(workerId, facts);
    feed.publish({ event: 'worker', data: view });
  }

  #statusSoon(): void {
    const { clock, onFailure } = this.#options;
    if (this.#isOver) return;
    this.#disarmStatus ??= clock.after(STATUS_MS, () => void this.#publishStatus().catch(onFailure));
  }

  async #publishStatus(): Promise<void> {
    this.#disarmStatus = undefined;
    const data = await this.#options.status();
    const text = JSON.stringify(data);
    if (text === this.#lastStatus) return;
    this.#lastStatus = text;
    this.#options.feed.publish({ event: 'status', data });
  }
}

function take(change: Change, { jobs, workers, lists, lines }: Dirty): void {
  if (change.is === 'lines') lines.push(...change.lines);
  else if (change.is === 'worker') workers.add(change.workerId);
  else if (change.is === 'job') {
    jobs.add(change.jobId);
    if (change.workerId !== undefined) workers.add(change.workerId);
  } else lists.add(change.is);
}

const hasAny = ({ jobs, workers, lists, lines }: Dirty): boolean =>
  jobs.size + workers.size + lists.size + lines.length > 0;

const offerFacts = ({ connected, idleBecause, capabilities, maxJobs }: WorkerView): string => {
  const { taskKinds, modelEngines, extensionEngines, vramThresholdGb } = capabilities;
  return JSON.stringify([connected, idleBecause, maxJobs, taskKinds, modelEngines, extensionEngines, vramThresholdGb]);
};
