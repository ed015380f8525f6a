import { WEBHOOK_EVENTS } from '../../contract/operator/webhooks.ts';
import { TASK_KIND_IDS } from '../../contract/tasks/index.ts';
import { SECOND_MS } from '../../base/units.ts';
import type { Measured } from '../../metrics/measure.ts';
import { createCounter, createHistogram } from '../../metrics/tally.ts';
import { REJECTED_FOR } from '../queue/rejection.ts';
import type { JobEnding } from '../storage/tables/figures.ts';

/*
 * What one studio counts while it runs. Several studios on one database each count what they did themselves: the sum over
 * them is what was done. Whatever stands in a label is one of a few words, never something that a caller chose.
 */

/** From a chat that is taken at once to a night of renders. */
const JOB_SECONDS = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 14_400, 43_200];
/** From a row in memory to a server that is waited for. */
const STORE_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What is done with a database, and with artifacts. */
const STATEMENTS = ['statement', 'transaction'] as const;
const ARTIFACT_OPERATIONS = ['keep', 'open', 'remove'] as const;
export type DatabaseOperation = (typeof STATEMENTS)[number];
export type ArtifactOperation = (typeof ARTIFACT_OPERATIONS)[number];

/** Classes of answers by the first digit of their status. */
export const RESPONSE_CLASSES: Readonly<Record<number, string>> = { 2: '2xx', 3: '3xx', 4: '4xx', 5: '5xx' };

const ENDINGS = TASK_KIND_IDS.flatMap((kind) => WEBHOOK_EVENTS.map((outcome) => ({ kind, outcome })));

const jobTallies = () => ({
  jobsCreated: createCounter<'kind'>(
    { name: 'jobs_created_total', help: 'Jobs that were queued here, without retried ones.' },
    TASK_KIND_IDS.map((kind) => ({ kind })),
  ),
  jobsEnded: createCounter<'kind' | 'outcome'>(
    { name: 'jobs_ended_total', help: 'Jobs that ended here, by how.' },
    ENDINGS,
  ),
  attempts: createCounter<'outcome'>(
    { name: 'attempts_total', help: 'Runs of jobs that ended here, without those that were cancelled.' },
    ['completed', 'failed', 'lost'].map((outcome) => ({ outcome })),
  ),
  requeued: createCounter<'because'>(
    { name: 'jobs_requeued_total', help: 'Jobs that went back into the queue from a worker.' },
    ['not-accepted', 'failed', 'lost'].map((because) => ({ because })),
  ),
  holdsLapsed: createCounter(
    { name: 'holds_lapsed_total', help: 'Jobs taken from workers that did not come back in time.' },
    [{}],
  ),
  waitSeconds: createHistogram<'kind'>(
    {
      name: 'job_wait_seconds',
      help: 'Time from creating a job to offering it to the worker that was first to accept it.',
    },
    JOB_SECONDS,
  ),
  jobSeconds: createHistogram<'kind' | 'outcome'>(
    { name: 'job_seconds', help: 'Time from creating a job to its end.' },
    JOB_SECONDS,
  ),
});

const offerTallies = () => ({
  offers: createCounter({ name: 'offers_total', help: 'Offers that were sent to workers.' }, [{}]),
  offerAnswers: createCounter<'answer'>(
    {
      name: 'offer_answers_total',
      help: 'What workers answered to offers; none within ten seconds is an answer, too.',
    },
    ['accepted', 'rejected', 'none'].map((answer) => ({ answer })),
  ),
  rejections: createCounter<'reason'>(
    { name: 'offer_rejections_total', help: 'Why workers rejected offers.' },
    REJECTED_FOR.map((reason) => ({ reason })),
  ),
});

const resultTallies = () => ({
  uploads: createCounter<'outcome'>(
    { name: 'uploads_total', help: 'Uploads of artifacts.' },
    ['stored', 'refused', 'failed'].map((outcome) => ({ outcome })),
  ),
  uploadedBytes: createCounter({ name: 'uploaded_bytes_total', help: 'Size of the artifacts that were stored.' }, [{}]),
  deliveries: createCounter<'outcome'>(
    { name: 'webhook_deliveries_total', help: 'Requests to webhooks, by what came of them.' },
    ['delivered', 'retried', 'failed', 'disabled'].map((outcome) => ({ outcome })),
  ),
  responses: createCounter<'status'>(
    { name: 'http_responses_total', help: 'Answers to requests, by class.' },
    Object.values(RESPONSE_CLASSES).map((status) => ({ status })),
  ),
});

const storeTallies = () => ({
  databaseErrors: createCounter<'operation'>(
    { name: 'database_errors_total', help: 'Work on the database that failed.' },
    STATEMENTS.map((operation) => ({ operation })),
  ),
  artifactErrors: createCounter<'operation'>(
    { name: 'artifact_store_errors_total', help: 'Work on the store of artifacts that failed.' },
    ARTIFACT_OPERATIONS.map((operation) => ({ operation })),
  ),
  databaseSeconds: createHistogram<'operation'>(
    { name: 'database_seconds', help: 'Time that work on the database took, waiting for its turn included.' },
    STORE_SECONDS,
  ),
  artifactSeconds: createHistogram<'operation'>(
    { name: 'artifact_store_seconds', help: 'Time that work on the store of artifacts took.' },
    STORE_SECONDS,
  ),
});

const all = () => ({ ...jobTallies(), ...offerTallies(), ...resultTallies(), ...storeTallies() });

export type StudioTallies = ReturnType<typeof all> & { read(): Measured };

export function createStudioTallies(): StudioTallies {
  const tallies = all();
  return { ...tallies, read: () => Object.values(tallies).map((tally) => tally.read()) };
}

/** Counts jobs that ended. */
export function countEnded({ jobsEnded, jobSeconds }: StudioTallies, jobs: readonly JobEnding[]): void {
  for (const { kind, outcome, createdAt, finishedAt } of jobs) {
    jobsEnded.add({ kind, outcome });
    // The clocks of two studios may differ.
    jobSeconds.observe({ kind, outcome }, Math.max(0, finishedAt - createdAt) / SECOND_MS);
  }
}
