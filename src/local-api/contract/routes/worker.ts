import * as v from 'valibot';
import { MIB } from '../../../base/units.ts';
import { DoneSchema } from '../common.ts';
import { EngineSchema, UpdateAnswerSchema, UpdateRequestSchema } from '../engines.ts';
import { HealthSchema, ReadinessSchema } from '../health.ts';
import { LogPageSchema, LogQuerySchema } from '../logs.ts';
import { json, MAX_BODY_BYTES, type Route } from '../route.ts';
import { FullStatusSchema } from '../status.ts';

const PausedSchema = v.object({ paused: v.boolean() });
/** An offer to explain may hold 16 MiB, and JSON within JSON takes up to twice as much. */
const MAX_CONTROL_BYTES = 33 * MIB;

/** The worker as a whole. */
export const WORKER_ROUTES = {
  healthz: {
    method: 'GET',
    path: '/healthz',
    access: 'anyone',
    summary: 'Whether the worker answers.',
    answer: json(HealthSchema),
  },
  readyz: {
    method: 'GET',
    path: '/readyz',
    access: 'anyone',
    summary: 'Whether jobs can come: 200 when they can, 503 with the reasons when they cannot.',
    answer: json(ReadinessSchema),
  },
  workerStatus: {
    method: 'GET',
    path: '/daemon/status',
    access: 'page',
    summary: 'Everything about the running worker at this moment.',
    answer: json(FullStatusSchema),
  },
  workerLogs: {
    method: 'GET',
    path: '/daemon/logs',
    access: 'page',
    summary: 'The newest lines of the log, or those after a sequence number.',
    query: LogQuerySchema,
    answer: json(LogPageSchema),
    errors: { 400: ['bad_request'] },
  },
  pause: {
    method: 'POST',
    path: '/daemon/pause',
    access: 'page',
    summary: 'Take no more jobs until `resume` or a restart; the running one is finished. Nothing is saved.',
    answer: json(PausedSchema),
  },
  resume: {
    method: 'POST',
    path: '/daemon/resume',
    access: 'page',
    summary: 'Take jobs again after `pause`.',
    answer: json(PausedSchema),
  },
  restart: {
    method: 'POST',
    path: '/daemon/restart',
    access: 'page',
    summary: 'Stop the worker after its job and restart it in the same process, so that every setting counts.',
    answer: json(DoneSchema),
    status: 202,
    errors: { 409: ['restart_unsupported'] },
  },
  shutdown: {
    method: 'POST',
    path: '/daemon/shutdown',
    access: 'page',
    summary: 'Stop the worker: finish the job first, then hand it back, then at once, with each further request.',
    answer: json(DoneSchema),
    status: 202,
  },
  resetRegistration: {
    method: 'POST',
    path: '/daemon/registration/reset',
    access: 'page',
    summary: 'Forget that the studio rejected this worker, and ask it again.',
    answer: json(DoneSchema),
    status: 202,
    errors: { 409: ['not_rejected'], 500: ['config_not_saved'] },
  },
  engines: {
    method: 'GET',
    path: '/engines',
    access: 'page',
    summary: 'Every engine of this release, asked now whether it can take work. Nothing is loaded or fetched.',
    answer: json(v.array(EngineSchema)),
  },
  update: {
    method: 'POST',
    path: '/update',
    access: 'page',
    summary: 'Look for a release and move to it between two jobs, or back to the one before.',
    maxBodyBytes: MAX_BODY_BYTES,
    request: UpdateRequestSchema,
    answer: json(UpdateAnswerSchema),
    status: 202,
    errors: {
      400: ['bad_request'],
      404: ['update_not_found'],
      409: ['update_unsupported', 'update_refused'],
      500: ['update_failed'],
    },
  },
  openApi: {
    method: 'GET',
    path: '/openapi.json',
    access: 'page',
    summary: 'This API as an OpenAPI document.',
    answer: json(v.record(v.string(), v.unknown())),
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    access: 'bearer',
    summary: 'Figures of the worker in the text format of Prometheus.',
    answer: { is: 'text', type: 'text/plain; version=0.0.4; charset=utf-8' },
  },
  events: {
    method: 'GET',
    path: '/events',
    access: 'page',
    summary: 'All that happens from now on, or since the `Last-Event-ID`.',
    answer: { is: 'events' },
  },
  control: {
    method: 'POST',
    path: '/control',
    access: 'bearer',
    summary:
      'What the commands of this program ask; a line of JSON for each reply. Not for others: it may change with a release.',
    maxBodyBytes: MAX_CONTROL_BYTES,
    request: v.unknown(),
    answer: { is: 'text', type: 'application/x-ndjson' },
    errors: { 400: ['bad_request'] },
  },
} as const satisfies Readonly<Record<string, Route>>;
