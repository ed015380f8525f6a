import { type Signal, signal } from '@preact/signals';
import type { ApiLink } from '../../local-api/client/follow-events.ts';
import type { ApiEngine } from '../../local-api/contract/engines.ts';
import type { ApiJob } from '../../local-api/contract/jobs.ts';
import type { LiveStatus } from '../../local-api/contract/status.ts';
import type { Browser } from '../browser/browser.ts';
import type { LogLines, StepTimes } from '../worker/model.ts';
import { type Route, routeOf } from '../worker/route.ts';

/** What a window knows of its worker, and where it stands itself. */
export interface PageFacts {
  readonly now: Signal<number>;
  readonly route: Signal<Route>;
  readonly link: Signal<ApiLink>;
  readonly status: Signal<LiveStatus | undefined>;
  readonly jobs: Signal<readonly ApiJob[]>;
  readonly stepTimes: Signal<ReadonlyMap<string, StepTimes>>;
  readonly engines: Signal<readonly ApiEngine[] | undefined>;
  readonly logs: Signal<LogLines>;
}

/** Nothing is known yet but the time and the address. */
export const openFacts = (browser: Pick<Browser, 'now' | 'fragment'>): PageFacts => ({
  now: signal(browser.now()),
  route: signal(routeOf(browser.fragment())),
  link: signal<ApiLink>({ is: 'opening' }),
  status: signal(undefined),
  jobs: signal<readonly ApiJob[]>([]),
  stepTimes: signal<ReadonlyMap<string, StepTimes>>(new Map()),
  engines: signal(undefined),
  logs: signal<LogLines>({ lines: [], all: 0 }),
});
