import * as v from 'valibot';
import { DoneSchema, TimeSchema } from '../common.ts';
import { PageCodeSchema, SignInSchema } from '../../../contract/page/access.ts';
import { json, MAX_BODY_BYTES, type Route } from '../route.ts';

/** How a window gets in. */
export const PAGE_ROUTES = {
  createPageCode: {
    method: 'POST',
    path: '/page/codes',
    access: 'bearer',
    summary: 'A code that opens the page once.',
    answer: json(PageCodeSchema),
    status: 201,
  },
  signIn: {
    method: 'POST',
    path: '/page/session',
    access: 'anyone',
    summary: 'Exchange a code for the cookie of the page.',
    maxBodyBytes: MAX_BODY_BYTES,
    request: SignInSchema,
    answer: json(DoneSchema),
    errors: { 400: ['bad_request'], 401: ['code_expired'] },
  },
  claimWindow: {
    method: 'POST',
    path: '/page/window',
    access: 'page',
    summary: 'Be the window of the worker; one that was opened before gives way.',
    answer: json(v.object({ windowOpenedAt: TimeSchema })),
  },
} as const satisfies Readonly<Record<string, Route>>;
