import * as v from 'valibot';
import { FindingSchema, OpenedPlaceSchema, PlaceRequestSchema, UpdateCheckSchema } from '../installation.ts';
import { json, MAX_BODY_BYTES, type Route } from '../route.ts';

/** The program as it is installed on its machine. */
export const INSTALLATION_ROUTES = {
  doctor: {
    method: 'POST',
    path: '/doctor',
    access: 'page',
    summary: 'Run every check of `studio-worker doctor` now. Nothing is changed; it may take a minute.',
    answer: json(v.array(FindingSchema)),
    errors: { 409: ['not_possible'] },
  },
  checkUpdate: {
    method: 'POST',
    path: '/update/check',
    access: 'page',
    summary: 'Read the list of releases. Nothing is fetched or installed.',
    answer: json(UpdateCheckSchema),
    errors: { 409: ['not_possible'], 502: ['update_feed_unreadable'] },
  },
  openPlace: {
    method: 'POST',
    path: '/places/open',
    access: 'page',
    summary: 'Show a folder of the worker in the file manager of its machine.',
    maxBodyBytes: MAX_BODY_BYTES,
    request: PlaceRequestSchema,
    answer: json(OpenedPlaceSchema),
    errors: { 400: ['bad_request'], 409: ['not_possible'] },
  },
} as const satisfies Readonly<Record<string, Route>>;
