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
    summary: 'A small picture of what an image job made, or has made so far, of the hundred newest.',
    answer: { is: 'bytes', type: 'image/png' },
    errors: { 404: ['no_thumbnail'] },
  },
  jobResult: {
    method: 'GET',
    path: '/jobs/:id/result',
    access: 'page',
    summary: 'What a job made, whole or the one range that is asked for, as long as the worker has it.',
    answer: { is: 'bytes', type: 'application/octet-stream' },
    errors: { 404: ['no_result'], 416: ['bad_range'] },
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
