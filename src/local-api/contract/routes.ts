import type * as v from 'valibot';
import { CONFIG_ROUTES } from './routes/config.ts';
import { INSTALLATION_ROUTES } from './routes/installation.ts';
import { JOBS_ROUTES } from './routes/jobs.ts';
import { MODELS_ROUTES } from './routes/models.ts';
import { ONE_OFF_ROUTES } from './routes/one-off.ts';
import { OPENAI_ROUTES } from './routes/openai.ts';
import { PAGE_ROUTES } from './routes/page.ts';
import { UNSERVED_ROUTES } from './routes/unserved.ts';
import { WORKER_ROUTES } from './routes/worker.ts';
import type { Route } from './route.ts';

/**
 * The routes of one running worker. One entry here is a route of the server and a call of every client. Its name is the
 * operation ID in the OpenAPI document, after which generated clients name their methods.
 */
export const ROUTES = {
  ...WORKER_ROUTES,
  ...INSTALLATION_ROUTES,
  ...CONFIG_ROUTES,
  ...JOBS_ROUTES,
  ...MODELS_ROUTES,
  ...ONE_OFF_ROUTES,
  ...OPENAI_ROUTES,
  ...PAGE_ROUTES,
  ...UNSERVED_ROUTES,
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
