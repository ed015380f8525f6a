import type { Callers } from '../access/callers.ts';
import { needOf } from '../access/guard.ts';
import type { Route } from '../http.ts';
import { auditRoutes } from './audit.ts';
import type { OperatorContext, OperatorRoutes } from './context.ts';
import { dashboardRoutes } from './dashboard.ts';
import { jobRoutes } from './jobs.ts';
import { modelRoutes } from './models.ts';
import { overviewRoutes } from './overview.ts';
import { projectRoutes } from './projects.ts';
import { registrationRoutes } from './registrations.ts';
import { tokenRoutes } from './tokens.ts';
import { webhookRoutes } from './webhooks.ts';
import { workerRoutes } from './workers.ts';

const NOUNS: readonly OperatorRoutes[] = [
  registrationRoutes,
  workerRoutes,
  modelRoutes,
  jobRoutes,
  overviewRoutes,
  dashboardRoutes,
  projectRoutes,
  tokenRoutes,
  auditRoutes,
  webhookRoutes,
];

/** The operator API: every route behind the guard, which lets projects in where that names a scope for them. */
export const operatorRoutes = (context: OperatorContext, callers: Pick<Callers, 'allowed'>): readonly Route[] =>
  NOUNS.flatMap((noun) => noun(context)).map(({ handle, ...route }) => {
    const { method, path, atRoot } = route;
    const need = needOf(route);
    return {
      method,
      path,
      atRoot,
      handle: async (exchange) => handle({ ...exchange, caller: await callers.allowed(exchange, need) }),
    };
  });
