import * as v from 'valibot';
import { DoneSchema } from '../common.ts';
import { CancelledSchema } from '../jobs.ts';
import {
  MemoryRefusalSchema,
  ModelDraftSchema,
  ModelFilesSchema,
  ModelListSchema,
  ModelStateSchema,
  PullSchema,
  VerifiedSchema,
} from '../models.ts';
import { json, MAX_BODY_BYTES, type Route } from '../route.ts';

const LoadStateSchema = v.object({ state: v.picklist(['loading', 'loaded', 'unloading', 'unloaded']) });

/** The catalogue, what is on the disk, what is in memory. */
export const MODELS_ROUTES = {
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
    summary: 'Download the files of a model, or resume that; `pull` events report the progress.',
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
} as const satisfies Readonly<Record<string, Route>>;
