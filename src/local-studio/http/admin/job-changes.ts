import { JobChangeSchema } from '../../../contract/admin.ts';
import { revokeClaim } from '../../sessions/leases.ts';
import { offerJob } from '../../sessions/offering.ts';
import { logFailure } from '../../sessions/state.ts';
import type { JobRow } from '../../storage/store.ts';
import { type Exchange, json, OPERATOR_BODY, readBody, refuse, type Route } from '../http.ts';
import { type AdminContext, existing } from './context.ts';
import { viewOf } from './job-view.ts';

/** What an operator does to a job that is there. */
export const jobChangeRoutes = (
  context: AdminContext,
  find: (exchange: Exchange) => Promise<JobRow>,
): readonly Route[] => [
  {
    method: 'PATCH',
    path: '/admin/jobs/:id',
    handle: async (exchange) => change(context, exchange.request, await find(exchange)),
  },
  { method: 'POST', path: '/admin/jobs/:id/retry', handle: async (exchange) => retry(context, await find(exchange)) },
  { method: 'POST', path: '/admin/jobs/:id/cancel', handle: async (exchange) => cancel(context, await find(exchange)) },
];

async function change({ studio, clock }: AdminContext, request: Request, job: JobRow): Promise<Response> {
  const wanted = await readBody(request, JobChangeSchema, OPERATOR_BODY);
  if (!(await studio.store.jobs.change(job.id, wanted, clock.now()))) {
    throw refuse('conflict', `the job is not queued any more: it is ${job.state}`);
  }
  return json(await viewOf(studio, existing(await studio.store.jobs.get(job.id), 'job', job.id)));
}

async function retry({ studio, clock }: AdminContext, job: JobRow): Promise<Response> {
  if (!(await studio.store.jobs.retry(job.id, clock.now()))) {
    throw refuse('conflict', `a job that is ${job.state} cannot be retried`);
  }
  logFailure(studio, offerJob(studio, job));
  return json(await viewOf(studio, existing(await studio.store.jobs.get(job.id), 'job', job.id)));
}

/**
 * The contract has no frame for it: a worker learns it from the answer to its next heartbeat, or from its upload's 409.
 * One that knows our extensions is given that answer unasked.
 */
async function cancel({ studio, clock }: AdminContext, job: JobRow): Promise<Response> {
  if (!(await studio.store.jobs.cancel(job.id, clock.now()))) {
    throw refuse('conflict', `the job has ended already: it is ${job.state}`);
  }
  revokeClaim(studio, job.id);
  studio.bus.publish({ is: 'cancelled', jobId: job.id });
  return json(await viewOf(studio, existing(await studio.store.jobs.get(job.id), 'job', job.id)));
}
