import { bearerOf, refuse, type Route } from '../http.ts';
import { sameHash } from '../../storage/secrets.ts';
import type { AdminContext, AdminRoutes } from './context.ts';
import { jobRoutes } from './jobs.ts';
import { modelRoutes } from './models.ts';
import { overviewRoutes } from './overview.ts';
import { registrationRoutes } from './registrations.ts';
import { workerRoutes } from './workers.ts';

const NOUNS: readonly AdminRoutes[] = [registrationRoutes, workerRoutes, modelRoutes, jobRoutes, overviewRoutes];

/** The operator API: every route behind the operator token. */
export function adminRoutes(context: AdminContext, operatorToken: string): readonly Route[] {
  const expected = context.hashOf(operatorToken);
  const guard =
    (handle: Route['handle']): Route['handle'] =>
    (exchange) => {
      const token = bearerOf(exchange.request);
      if (token === undefined || !sameHash(context.hashOf(token), expected)) {
        throw refuse('unauthorized', 'this needs the operator token as Bearer');
      }
      return handle(exchange);
    };
  return NOUNS.flatMap((noun) => noun(context)).map(({ method, path, handle }) => ({
    method,
    path,
    handle: guard(handle),
  }));
}
