import { CancelledSchema, JobListSchema, JobLogSchema, JobQuerySchema } from '../jobs.ts';
import { json, type Route } from '../route.ts';

/** Jobs that run, and those that ended lately. */
export const JOBS_ROUTES = {
  jobs: {
    method: 'GET',
    path: '/jobs',
    access: 'page',
    summary: 'Running jobs, then those that ended, newest first.',
    query: JobQuerySchema,
    answer: json(JobListSchema),
    errors: { 400: ['bad_request'] },
  },
  jobLog: {
    method: 'GET',
    path: '/jobs/:id/log',
    access: 'page',
    summary: 'What was logged of one job.',
    answer: json(JobLogSchema),
    errors: { 404: ['unknown_job'] },
  },
  jobThumbnail: {
    method: 'GET',
    path: '/jobs/:id/thumbnail',
    access: 'page',
    summary: 'A small picture of what an image job made, of the hundred newest.',
    answer: { is: 'bytes', type: 'image/png' },
    errors: { 404: ['no_thumbnail'] },
  },
  cancelJob: {
    method: 'POST',
    path: '/jobs/:id/cancel',
    access: 'page',
    summary: 'Hand a running job back to whoever asked for it.',
    answer: json(CancelledSchema),
    errors: { 404: ['unknown_job'] },
  },
} as const satisfies Readonly<Record<string, Route>>;
