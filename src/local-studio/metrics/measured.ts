import { SECOND_MS } from '../../base/units.ts';
import { VERSION } from '../../base/version.ts';
import { TASK_KIND_IDS } from '../../contract/tasks/index.ts';
import { gauge, gauges, type Measure, total } from '../../metrics/measure.ts';
import type { ProcessUsage } from '../../system/process/process-memory.ts';
import { OPEN_STATES, type OpenJobs, type SessionGroup } from '../storage/tables/figures.ts';
import { whyNoJob } from '../why.ts';
import type { FigureReading } from './figure-reader.ts';

/*
 * What is true at the moment of a scrape. What the database says is the same from each studio on it; of what is a studio's
 * own, the sum over them is the whole.
 */

/** What of this moment is measured. */
export interface MeasureFacts {
  readonly studioId: string;
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  readonly usage: ProcessUsage;
  /** Workers whose sockets are here. */
  readonly sessions: readonly SessionGroup[];
  readonly listeners: number;
  /** Undefined while the database does not answer. */
  readonly reading: FigureReading | undefined;
}

export const measure = (facts: MeasureFacts): readonly Measure[] => [
  ...ofProcess(facts),
  gauge('sessions', 'Workers whose sockets this studio has.', countOf(facts.sessions)),
  gauge('event_listeners', 'Who follows the events of this studio.', facts.listeners),
  gauge('database_up', 'Whether the database answered in five seconds.', facts.reading === undefined ? 0 : 1),
  ...(facts.reading === undefined ? [] : ofDatabase(facts.reading, facts.sessions)),
];

const ofProcess = ({ studioId, startedAt, usage }: MeasureFacts): readonly Measure[] => [
  gauges('info', 'The release that runs, and what names this run of it in the audit log.', [
    { labels: { version: VERSION, studio: studioId }, value: 1 },
  ]),
  gauge('start_time_seconds', 'When the studio started, since the epoch.', startedAt / SECOND_MS),
  gauge('process_resident_memory_bytes', 'Memory of the studio.', usage.residentBytes),
  total('process_cpu_seconds_total', 'CPU time of the studio.', usage.cpuSeconds),
];

const ofDatabase = (reading: FigureReading, sessions: readonly SessionGroup[]): readonly Measure[] => [
  ofJobs(reading),
  gauges(
    'oldest_queued_job_timestamp_seconds',
    'When the queued job of each project was created that waits longest, since the epoch.',
    shownOf(reading.oldestQueued).map(({ project, createdAt }) => ({
      labels: { project },
      value: createdAt / SECOND_MS,
    })),
  ),
  ofWorkers(reading.workers, reading.sessions ?? sessions),
  gauge('registrations_pending', 'Workers that wait for approval.', reading.pendingRegistrations),
  gauge('artifacts', 'Artifacts that are kept, counted once a minute.', reading.artifacts.count),
  gauge('artifacts_bytes', 'Size of the artifacts that are kept.', reading.artifacts.sizeBytes),
  gauges(
    'webhooks',
    'Webhooks, by whether they are told anything.',
    (['active', 'disabled'] as const).map((state) => ({ labels: { state }, value: reading.webhooks[state] })),
  ),
  gauge('webhook_deliveries_pending', 'Deliveries to webhooks that are still to be made.', reading.deliveries.pending),
  gauge(
    'webhook_deliveries_due',
    'Deliveries to webhooks whose time has come, and that nobody is making.',
    reading.deliveries.due,
  ),
];

/** Projects that are shown by name; the operator may have made any number. */
const MAX_PROJECTS = 100;
/** Stands for the others: no project can be called so. */
const OTHERS = '(others)';

/** Each with all kinds and states: a queue that ran empty is 0, and not gone. */
function ofJobs({ jobs, projects }: FigureReading): Measure {
  const byProject = Map.groupBy(jobs, ({ project }) => project);
  const names = [...new Set([...projects, ...byProject.keys()])];
  const fullest = names.toSorted((a, b) => countOf(byProject.get(b)) - countOf(byProject.get(a)));
  const shown = fullest.slice(0, MAX_PROJECTS);
  const others = fullest.slice(MAX_PROJECTS);
  const rows = shown.map((project) => ({ project, open: byProject.get(project) ?? [] }));
  if (others.length > 0) rows.push({ project: OTHERS, open: others.flatMap((name) => byProject.get(name) ?? []) });
  return gauges(
    'jobs',
    'Jobs that have not ended.',
    rows.flatMap(({ project, open }) => openIn(project, open)),
  );
}

const openIn = (project: string, open: readonly OpenJobs[]): Measure['values'] =>
  OPEN_STATES.flatMap((state) =>
    TASK_KIND_IDS.map((kind) => ({
      labels: { state, kind, project },
      value: countOf(open.filter((jobs) => jobs.state === state && jobs.kind === kind)),
    })),
  );

/** Those that wait longest. */
const shownOf = (oldest: FigureReading['oldestQueued']): FigureReading['oldestQueued'] =>
  oldest.toSorted((a, b) => a.createdAt - b.createdAt).slice(0, MAX_PROJECTS);

const ACTIVITIES = ['idle', 'busy', 'paused', 'stale', 'offline'] as const;
type WorkerActivity = (typeof ACTIVITIES)[number];

function ofWorkers(known: number, sessions: readonly SessionGroup[]): Measure {
  const byActivity = Map.groupBy(sessions, activityOf);
  const counts = (activity: WorkerActivity): number =>
    activity === 'offline' ? Math.max(0, known - countOf(sessions)) : countOf(byActivity.get(activity));
  return gauges(
    'workers',
    'Approved workers, by what they are at: stale ones have a session and send no heartbeats.',
    ACTIVITIES.map((state) => ({ labels: { state }, value: counts(state) })),
  );
}

function activityOf({ isConnected, isBusy, capabilities }: SessionGroup): WorkerActivity {
  if (!isConnected) return 'stale';
  if (isBusy) return 'busy';
  return whyNoJob({ capabilities }) === undefined ? 'idle' : 'paused';
}

const countOf = (groups: readonly { readonly count: number }[] = []): number =>
  groups.reduce((sum, { count }) => sum + count, 0);
