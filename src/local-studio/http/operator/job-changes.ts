import { OPERATOR_ROUTES as routes } from '../../../contract/operator/routes.ts';
import type { JobDraft } from '../../../contract/operator/views.ts';
import { JobChangeSchema, MAX_DEADLINE_MS } from '../../../contract/operator/urgency.ts';
import { revokeClaim } from '../../sessions/revocations.ts';
import { offerJob } from '../../sessions/offering.ts';
import { logFailure, type StudioState } from '../../sessions/state.ts';
import type { JobRow } from '../../storage/tables/jobs.ts';
import type { Caller } from '../access/guard.ts';
import { json, OPERATOR_BODY, readBody, refuse } from '../http.ts';
import { audited } from './audit.ts';
import { type OperatorContext, type OperatorExchange, type HandledRoute, existing } from './context.ts';
import { isoOf } from '../../../contract/operator/timestamp.ts';
import { viewOf } from './job-view.ts';
import { limitRefusal } from './limits.ts';

/** What an operator does to a job that is there. */
export const jobChangeRoutes = (
  context: OperatorContext,
  find: (exchange: OperatorExchange) => Promise<JobRow>,
): readonly HandledRoute[] => [
  {
    ...routes.changeJob,
    handle: async (exchange) => change(context, exchange, await find(exchange)),
  },
  {
    ...routes.retryJob,
    handle: async (exchange) => retry(context, exchange, await find(exchange)),
  },
  {
    ...routes.cancelJob,
    handle: async (exchange) => cancel(context, exchange, await find(exchange)),
  },
];

async function change(context: OperatorContext, exchange: OperatorExchange, job: JobRow): Promise<Response> {
  const { studio, clock, deadlines } = context;
  const { priority, ...wanted } = await readBody(exchange.request, JobChangeSchema, OPERATOR_BODY);
  const deadlineAt = wanted.deadline === 'none' ? null : await deadlineOf(studio, wanted);
  const deadline = deadlineAt === null ? 'none' : deadlineAt && isoOf(deadlineAt);
  const store = audited(context, exchange, { action: 'job.changed', ...aboutOf(job), details: { priority, deadline } });
  if (!(await store.jobs.change(job.id, { priority, deadlineAt }, clock.now()))) {
    const { state } = existing(await studio.store.jobs.get(job.id), 'job', job.id);
    throw refuse(
      'conflict',
      `${priority === undefined ? 'the job has ended' : 'the job is not queued any more'}: it is ${state}`,
    );
  }
  if (deadlineAt !== undefined) deadlines.note();
  return asItIs(studio, job.id, exchange.caller);
}

/** A deadline as it was asked for, in milliseconds since the epoch. @throws Refusal when it has passed, or is years away */
export async function deadlineOf(
  { store, clock }: Pick<StudioState, 'store' | 'clock'>,
  { deadline, deadlineInMs }: Pick<JobDraft, 'deadline' | 'deadlineInMs'>,
): Promise<number | undefined> {
  if (deadline === undefined && deadlineInMs === undefined) return undefined;
  const now = await store.jobs.now(clock.now());
  if (deadline === undefined) return now + (deadlineInMs ?? 0);
  const at = Date.parse(deadline);
  if (Number.isNaN(at)) throw refuse('invalid', `deadline is ${JSON.stringify(deadline)}, which is no day`);
  // One beyond the year 9999 could not be written as a time that clients read.
  if (at > now + MAX_DEADLINE_MS) throw refuse('invalid', 'the deadline is more than ten years away');
  if (at <= now) throw refuse('invalid', `the deadline has passed: it is ${isoOf(now)} here`);
  return at;
}

async function retry(context: OperatorContext, exchange: OperatorExchange, job: JobRow): Promise<Response> {
  const { studio, clock } = context;
  const now = clock.now();
  const store = audited(context, exchange, { action: 'job.retried', ...aboutOf(job) });
  const requeue = await store.jobs.retry(job.id, now);
  if (requeue.is === 'not-ended') throw refuse('conflict', `a job that is ${job.state} cannot be retried`);
  if (requeue.is === 'no-project') throw refuse('conflict', `the job's project ${job.project} was removed`);
  if (requeue.is === 'limit-reached') throw limitRefusal(job.project, requeue, now);
  logFailure(studio, offerJob(studio, job));
  return asItIs(studio, job.id, exchange.caller);
}

async function cancel(context: OperatorContext, exchange: OperatorExchange, job: JobRow): Promise<Response> {
  if (!(await cancelJob(context, exchange, job)))
    throw refuse('conflict', `the job has ended already: it is ${job.state}`);
  return asItIs(context.studio, job.id, exchange.caller);
}

/**
 * Cancels a job; false when it has ended. The contract has no frame for it: a worker learns it from the answer to its next
 * heartbeat, or from its upload's 409. One that knows our extensions is given that answer unasked.
 */
async function cancelJob(
  context: OperatorContext,
  exchange: OperatorExchange,
  job: Pick<JobRow, 'id' | 'project'>,
): Promise<boolean> {
  const { studio, clock } = context;
  const store = audited(context, exchange, { action: 'job.cancelled', ...aboutOf(job) });
  if (!(await store.jobs.cancel(job.id, clock.now()))) return false;
  revokeClaim(studio, job.id);
  studio.bus.publish({ is: 'cancelled', jobId: job.id });
  return true;
}

const aboutOf = ({ id, project }: Pick<JobRow, 'id' | 'project'>) => ({ subject: id, project });

/** The job after a change. */
const asItIs = async (studio: StudioState, jobId: string, caller: Caller): Promise<Response> =>
  json(await viewOf(studio, existing(await studio.store.jobs.get(jobId), 'job', jobId), caller));
