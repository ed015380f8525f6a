import { readRoute, routeHref, type RouteTo } from '../kit/routes.ts';

/** The pages, in the order of the sidebar and of `Ctrl+1` to `Ctrl+6`. */
export const TABS = ['status', 'jobs', 'models', 'config', 'logs', 'about'] as const;
export type Tab = (typeof TABS)[number];

/** Where in the window the reader is; `at` is the job, the group or the like that is open on the tab. */
export type Route = RouteTo<Tab>;

/** Reads the fragment of the window's URL, such as `#jobs/job-7`. What names no page is the first one. */
export const routeOf = (fragment: string): Route => readRoute(TABS, fragment);

/** The fragment that reads as this route. */
export const hrefOf: (route: Route) => string = routeHref;
