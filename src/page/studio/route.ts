import { readRoute, routeHref, type RouteTo } from '../kit/routes.ts';

/** The pages, in the order of the sidebar and of `Ctrl+1` to `Ctrl+6`. */
export const TABS = ['overview', 'workers', 'jobs', 'models', 'logs', 'projects'] as const;
export type Tab = (typeof TABS)[number];

/** Where in the window the reader is; `at` is the worker, the job, the model, the text searched for or the section. */
export type Route = RouteTo<Tab>;

export const routeOf = (fragment: string): Route => readRoute(TABS, fragment);

/** The fragment that reads as this route. */
export const hrefOf: (route: Route) => string = routeHref;
