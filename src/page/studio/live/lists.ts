import { OPERATOR_ROUTES as routes } from '../../../contract/operator/routes.ts';
import { batch, signal } from '@preact/signals';
import {
  JobListSchema,
  type JobState,
  type LogLine,
  LogPageSchema,
  ModelListSchema,
  type ModelView,
  RegistrationListSchema,
  type RegistrationView,
  type StatusView,
  WorkerListSchema,
  type WorkerView,
} from '../../../contract/operator/views.ts';
import {
  DASHBOARD_ROUTES,
  type JobRowView,
  OverviewSchema,
  type OverviewView,
  type StudioFeedEvent,
} from '../../../contract/page/dashboard.ts';
import type { Browser } from '../../browser/browser.ts';
import type { OlderJobs } from '../model.ts';
import { ask } from './ask.ts';
import { coalesced } from './coalesced.ts';
import { jobsWith, linesWith, workersWith } from './reducers.ts';

const JOBS_AT_ONCE = 100;
const LINES_AT_ONCE = 1_000;

/** What a window knows of a studio: read once, and then kept up to date by what it is told. */
export class StudioLists {
  readonly status = signal<StatusView | undefined>(undefined);
  readonly registrations = signal<readonly RegistrationView[]>([]);
  readonly workers = signal<readonly WorkerView[] | undefined>(undefined);
  readonly jobs = signal<ReadonlyMap<string, JobRowView> | undefined>(undefined);
  readonly olderJobs = signal<OlderJobs>(new Map());
  readonly models = signal<readonly ModelView[] | undefined>(undefined);
  readonly lines = signal<readonly LogLine[]>([]);
  readonly overview = signal<OverviewView | undefined>(undefined);
  readonly #browser: Pick<Browser, 'request' | 'report'>;
  /** What came while the lists were on their way, which may be older. */
  #during: StudioFeedEvent[] | undefined;

  constructor(browser: Pick<Browser, 'request' | 'report'>) {
    this.#browser = browser;
  }

  readonly readOverview = this.#coalesced(async () => {
    const called = await ask(this.#browser, { route: DASHBOARD_ROUTES.overview }, OverviewSchema);
    if (called.is === 'answered') this.overview.value = called.answer;
  });

  readonly readAll = this.#coalesced(async () => {
    const events: StudioFeedEvent[] = [];
    this.#during = events;
    const query = new URLSearchParams({ newest: 'yes', limit: String(LINES_AT_ONCE) });
    const [known, logged] = await Promise.all([
      ask(this.#browser, { route: routes.workers }, WorkerListSchema),
      ask(this.#browser, { route: routes.logs, query }, LogPageSchema),
      this.#readJobs('all'),
      this.#readQueue(),
      this.#readRegistrations(),
      this.#readModels(),
    ]);
    batch(() => {
      if (known.is === 'answered') this.workers.value = known.answer.workers;
      if (logged.is === 'answered') this.lines.value = logged.answer.lines;
      this.#during = undefined;
      for (const event of events) this.apply(event);
    });
  });

  /** Those of a state that are older than what was read of it, from the newest on the first time. */
  readOlderJobs(state: JobState | 'all'): Promise<void> {
    return this.#readJobs(state, this.olderJobs.value.get(state));
  }

  apply(event: StudioFeedEvent): void {
    this.#during?.push(event);
    switch (event.event) {
      case 'status':
        this.status.value = event.data;
        break;
      case 'job':
        this.jobs.value = jobsWith(this.jobs.value ?? new Map(), [event.data]);
        break;
      case 'worker':
        this.workers.value = workersWith(this.workers.value ?? [], event.data);
        break;
      case 'workerRemoved':
        this.workers.value = this.workers.value?.filter(({ workerId }) => workerId !== event.data.workerId);
        break;
      case 'lines':
        this.lines.value = linesWith(this.lines.value, event.data.lines);
        break;
      case 'registrations':
        void this.#readRegistrations();
        break;
      case 'models':
        void this.#readModels();
        break;
      case 'queue':
        void this.#readQueue();
        break;
      case 'missed':
        void this.readAll();
        break;
      default:
        event satisfies never;
    }
  }

  #coalesced(work: () => Promise<void>): () => Promise<void> {
    return coalesced(work, (fault) => this.#browser.report(fault));
  }

  async #readJobs(state: JobState | 'all', cursor?: string): Promise<void> {
    const query = new URLSearchParams({ limit: String(JOBS_AT_ONCE) });
    if (state !== 'all') query.set('state', state);
    if (cursor !== undefined) query.set('cursor', cursor);
    const called = await ask(this.#browser, { route: routes.jobs, query }, JobListSchema);
    if (called.is !== 'answered') return;
    const { jobs, nextCursor } = called.answer;
    this.jobs.value = jobsWith(this.jobs.value ?? new Map(), jobs);
    const isReadAgain = cursor === undefined && this.olderJobs.value.has(state);
    if (!isReadAgain) this.olderJobs.value = new Map(this.olderJobs.value).set(state, nextCursor);
  }

  /** What they wait for is no part of their own state, so that nobody tells when it changes. */
  readonly #readQueue = this.#coalesced(() => this.#readJobs('queued'));

  readonly #readRegistrations = this.#coalesced(async () => {
    const called = await ask(this.#browser, { route: routes.registrations }, RegistrationListSchema);
    if (called.is === 'answered') this.registrations.value = called.answer.registrations;
  });

  readonly #readModels = this.#coalesced(async () => {
    const called = await ask(this.#browser, { route: routes.models }, ModelListSchema);
    if (called.is === 'answered') this.models.value = called.answer.models;
  });
}
