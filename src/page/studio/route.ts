import { readRoute, routeHref, type RouteTo } from '../kit/routes.ts';

/** The pages, in the order of the sidebar and of `Ctrl+1` to `Ctrl+5`. */
export const TABS = ['overview', 'workers', 'jobs', 'models', 'logs'] as const;
export type Tab = (typeof TABS)[number];

/** Where in the window the reader is; `at` is the worker, the job, the model or the text searched for. */
export type Route = RouteTo<Tab>;

export const routeOf = (fragment: string): Route => readRoute(TABS, fragment);

/** The fragment that reads as this route. */
export const hrefOf: (route: Route) => string = routeHref;
