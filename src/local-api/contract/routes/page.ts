import { DoneSchema } from '../common.ts';
import { PageCodeSchema, PageSessionRequestSchema } from '../../../contract/page/access.ts';
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
