import * as v from 'valibot';
import { DoneSchema } from './common.ts';
import { ConfigPatchSchema, ConfigViewSchema } from './config.ts';
import { EditableConfigSchema } from './daemon-config.ts';
import { HealthSchema, ReadinessSchema } from './health.ts';
import { CancelledSchema, JobListSchema, JobLogSchema, JobQuerySchema } from './jobs.ts';
import { LogPageSchema, LogQuerySchema } from './logs.ts';
import {
  MemoryRefusalSchema,
  ModelDraftSchema,
  ModelFilesSchema,
  ModelListSchema,
  ModelStateSchema,
  PullSchema,
  VerifiedSchema,
} from './models.ts';
import { PageCodeSchema, PageSessionRequestSchema } from './page.ts';
import { json, MAX_BODY_BYTES, type Route } from './route.ts';
import { DaemonStatusSchema } from './status.ts';

const LoadStateSchema = v.object({ state: v.picklist(['loading', 'loaded', 'unloading', 'unloaded']) });
const PausedSchema = v.object({ paused: v.boolean() });

/** The routes of one running worker, by name. One entry here is a route of the server and a call of every client. */
export const ROUTES = {
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
  daemonStatus: {
    method: 'GET',
    path: '/daemon/status',
    access: 'page',
    summary: 'Everything about the running worker at this moment.',
    answer: json(DaemonStatusSchema),
  },
  daemonLogs: {
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
    summary: 'Take no more jobs; the running one is finished.',
    answer: json(PausedSchema),
    errors: { 500: ['config_not_saved'] },
  },
  resume: {
    method: 'POST',
    path: '/daemon/resume',
    access: 'page',
    summary: 'Take jobs again.',
    answer: json(PausedSchema),
    errors: { 500: ['config_not_saved'] },
  },
  shutdown: {
    method: 'POST',
    path: '/daemon/shutdown',
    access: 'page',
    summary: 'Stop the worker: finish the job first, then hand it back, then at once, with each further request.',
    answer: json(DoneSchema),
    status: 202,
  },
  restart: {
    method: 'POST',
    path: '/daemon/restart',
    access: 'page',
    summary: 'Stop the worker after its job and start it anew in the same process, so that every setting counts.',
    answer: json(DoneSchema),
    status: 202,
    errors: { 409: ['restart_unsupported'] },
  },
  readDaemonConfig: {
    method: 'GET',
    path: '/daemon/config',
    access: 'page',
    summary: 'The settings that every release of the contract can edit.',
    answer: json(EditableConfigSchema),
  },
  writeDaemonConfig: {
    method: 'PUT',
    path: '/daemon/config',
    access: 'page',
    summary: 'Write these settings; each of them is required.',
    maxBodyBytes: MAX_BODY_BYTES,
    request: EditableConfigSchema,
    answer: json(EditableConfigSchema),
    errors: { 400: ['bad_request', 'invalid_config'], 500: ['config_not_saved'] },
  },
  config: {
    method: 'GET',
    path: '/config',
    access: 'page',
    summary: 'Every setting, with all that a form needs to ask for it.',
    answer: json(ConfigViewSchema),
  },
  patchConfig: {
    method: 'PATCH',
    path: '/config',
    access: 'page',
    summary: 'Change settings under their names in the file; null restores a default. All of them or none.',
    maxBodyBytes: MAX_BODY_BYTES,
    request: ConfigPatchSchema,
    answer: json(ConfigViewSchema),
    errors: { 400: ['bad_request', 'invalid_config'], 500: ['config_not_saved'] },
  },
  resetRegistration: {
    method: 'POST',
    path: '/daemon/registration/reset',
    access: 'page',
    summary: 'Forget that the studio rejected this worker, and ask it anew.',
    answer: json(DoneSchema),
    status: 202,
    errors: { 409: ['not_rejected'], 500: ['config_not_saved'] },
  },
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
  cancelJob: {
    method: 'POST',
    path: '/jobs/:id/cancel',
    access: 'page',
    summary: 'Hand a running job back to whoever asked for it.',
    answer: json(CancelledSchema),
    errors: { 404: ['unknown_job'] },
  },
  models: {
    method: 'GET',
    path: '/models',
    access: 'page',
    summary: 'Every model of the catalogue, with its files and where it stands.',
    answer: json(ModelListSchema),
  },
  putModel: {
    method: 'POST',
    path: '/models',
    access: 'page',
    summary: 'Add a model to the catalogue, or change the one of this id.',
    maxBodyBytes: MAX_BODY_BYTES,
    request: ModelDraftSchema,
    answer: json(DoneSchema),
    errors: { 400: ['bad_request'], 500: ['file_not_written'] },
  },
  removeModel: {
    method: 'DELETE',
    path: '/models/:id',
    access: 'page',
    summary: 'Unload a model, remove its files, and take it out of the catalogue.',
    answer: json(DoneSchema),
    errors: { 404: ['unknown_model'], 409: ['model_in_use'], 500: ['file_not_written'] },
  },
  modelState: {
    method: 'GET',
    path: '/models/:id/state',
    access: 'page',
    summary: 'Where one model is on its way into memory.',
    answer: json(ModelStateSchema),
    errors: { 404: ['unknown_model'] },
  },
  loadModel: {
    method: 'POST',
    path: '/models/:id/load',
    access: 'page',
    summary: 'Take a model that is on this disk into memory: 202 while it loads, 200 when it is there.',
    answer: json(LoadStateSchema),
    errors: {
      400: ['model_disabled'],
      404: ['unknown_model'],
      409: ['insufficient_memory', 'not_kept', 'engine_unavailable'],
    },
    refusal: MemoryRefusalSchema,
  },
  unloadModel: {
    method: 'POST',
    path: '/models/:id/unload',
    access: 'page',
    summary: 'Take a model out of memory, once its job is done: 202 while it is on its way, 200 when it is not there.',
    answer: json(LoadStateSchema),
    errors: { 404: ['unknown_model'] },
  },
  pullModel: {
    method: 'POST',
    path: '/models/:id/pull',
    access: 'page',
    summary: 'Download the files of a model, or go on with that; `pull` events tell how far it is.',
    answer: json(PullSchema),
    status: 202,
    errors: { 404: ['unknown_model'] },
  },
  cancelPull: {
    method: 'POST',
    path: '/models/:id/pull/cancel',
    access: 'page',
    summary: 'Stop a download; what has arrived stays.',
    answer: json(CancelledSchema),
    errors: { 404: ['unknown_model'] },
  },
  verifyModel: {
    method: 'POST',
    path: '/models/:id/verify',
    access: 'page',
    summary: 'Read the files of a model whole, and compare their checksums.',
    answer: json(VerifiedSchema),
    errors: { 404: ['unknown_model'] },
  },
  modelFiles: {
    method: 'GET',
    path: '/model-files',
    access: 'page',
    summary: 'Every model file on this disk, those of no model in the catalogue as well.',
    answer: json(ModelFilesSchema),
  },
  events: {
    method: 'GET',
    path: '/events',
    access: 'page',
    summary: 'All that happens from now on, or since the `Last-Event-ID`.',
    answer: { is: 'events' },
  },
  createPageCode: {
    method: 'POST',
    path: '/page/codes',
    access: 'bearer',
    summary: 'A code that opens the page once.',
    answer: json(PageCodeSchema),
    status: 201,
  },
  openPageSession: {
    method: 'POST',
    path: '/page/session',
    access: 'anyone',
    summary: 'Exchange a code for the cookie of the page.',
    maxBodyBytes: MAX_BODY_BYTES,
    request: PageSessionRequestSchema,
    answer: json(DoneSchema),
    errors: { 400: ['bad_request'], 401: ['code_expired'] },
  },
} as const satisfies Readonly<Record<string, Route>>;

export type RouteName = keyof typeof ROUTES;

const isRouteName = (name: string): name is RouteName => Object.hasOwn(ROUTES, name);
export const ROUTE_NAMES: readonly RouteName[] = Object.keys(ROUTES).filter(isRouteName);

type Table = typeof ROUTES;
/** What a call of a route sends as its body; undefined where it has none. */
export type ApiRequest<Name extends RouteName> = Table[Name] extends {
  readonly request: infer S extends v.GenericSchema;
}
  ? v.InferOutput<S>
  : undefined;
/** What the query of a route reads as; undefined where it has none. */
export type ApiQuery<Name extends RouteName> = Table[Name] extends { readonly query: infer S extends v.GenericSchema }
  ? v.InferOutput<S>
  : undefined;
/** What a route answers as JSON; never where it answers something else. */
export type ApiAnswer<Name extends RouteName> = Table[Name]['answer'] extends {
  readonly is: 'json';
  readonly schema: infer S extends v.GenericSchema;
}
  ? v.InferOutput<S>
  : never;
