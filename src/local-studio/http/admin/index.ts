import type { OperatorAccess } from '../admin-access.ts';
import type { Route } from '../http.ts';
import type { AdminContext, AdminRoutes } from './context.ts';
import { dashboardRoutes } from './dashboard.ts';
import { jobRoutes } from './jobs.ts';
import { modelRoutes } from './models.ts';
import { overviewRoutes } from './overview.ts';
import { registrationRoutes } from './registrations.ts';
import { workerRoutes } from './workers.ts';

const NOUNS: readonly AdminRoutes[] = [
  registrationRoutes,
  workerRoutes,
  modelRoutes,
  jobRoutes,
  overviewRoutes,
  dashboardRoutes,
];

/** The operator API: every route behind the operator token, or the cookie of the operator's page. */
export const adminRoutes = (context: AdminContext, access: Pick<OperatorAccess, 'assertOperator'>): readonly Route[] =>
  NOUNS.flatMap((noun) => noun(context)).map(({ method, path, handle }) => ({
    method,
    path,
    handle: (exchange) => {
      access.assertOperator(exchange);
      return handle(exchange);
    },
  }));
