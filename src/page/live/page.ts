import { batch, signal } from '@preact/signals';
import { SECOND_MS } from '../../base/units.ts';
import { followEvents, type ApiLink } from '../../local-api/client/follow-events.ts';
import type { RawEvent } from '../../local-api/client/sse.ts';
import { type ApiEvent, readEvent } from '../../local-api/contract/events.ts';
import type { ApiEngine } from '../../local-api/contract/engines.ts';
import type { ApiJob } from '../../local-api/contract/jobs.ts';
import type { ApiLogLine } from '../../local-api/contract/logs.ts';
import type { LiveStatus } from '../../local-api/contract/status.ts';
import type { Browser } from '../browser/browser.ts';
import type { LogLines, StepTimes, WorkerPage } from '../worker/model.ts';
import { codeIn } from '../kit/routes.ts';
import { hrefOf, type Route, routeOf } from '../worker/route.ts';
import { createActions, reasonsFor } from './actions.ts';
import { call } from './call.ts';
import { createConfigDesk } from './config-desk.ts';
import { createInstallationDesk } from './installation-desk.ts';
import { createModelDesk } from './model-desk.ts';
import { jobsAfter, jobsAfterProgress, linesAfter, linesFrom, sorted, stepsAfter } from './reducers.ts';
import { createToasts } from './toasts.ts';

/** A window on a running worker, kept up to date by its events until it is closed. */
export interface LivePage extends WorkerPage {
  close(): void;
}

/** Opens the window: exchanges the code in its address for a session, then follows the worker. */
export function openPage(browser: Browser): LivePage {
  const now = signal(browser.now());
  const route = signal<Route>(routeOf(browser.fragment()));
  const link = signal<ApiLink>({ is: 'opening' });
  const status = signal<LiveStatus | undefined>(undefined);
  const jobs = signal<readonly ApiJob[]>([]);
  const stepTimes = signal<ReadonlyMap<string, StepTimes>>(new Map());
  const engines = signal<readonly ApiEngine[] | undefined>(undefined);
  const logs = signal<LogLines>({ lines: [], all: 0 });
  const toasts = createToasts(browser);
  const because = reasonsFor(() => void (link.value = { is: 'signed-out' }));
  const desk = createConfigDesk({ browser, toasts, because });
  const shelf = createModelDesk({ browser, toasts, because });
  const installation = createInstallationDesk({ browser, toasts, because });
  const stopClock = browser.every(SECOND_MS, () => (now.value = browser.now()));
  browser.onFragment(() => (route.value = routeOf(browser.fragment())));

  /** Jobs that changed while the list was on its way: it may be older than they are. */
  let changed: ApiJob[] | undefined;
  /** Lists that events only tell the changes of. */
  async function readLists(): Promise<void> {
    const during: ApiJob[] = [];
    changed = during;
    const [listed, logged] = await Promise.all([call(browser, 'jobs'), call(browser, 'daemonLogs')]);
    batch(() => {
      if (listed.is === 'answered') jobs.value = during.reduce(jobsAfter, sorted(listed.answer));
      if (changed === during) changed = undefined;
      if (logged.is === 'answered') logs.value = linesFrom(logs.value, logged.answer);
    });
  }

  function onEvents(raw: readonly RawEvent[]): void {
    const lines: ApiLogLine[] = [];
    batch(() => {
      for (const event of raw.flatMap(readEvent)) {
        if (event.event === 'log') lines.push(event.data);
        else apply(event);
      }
      if (lines.length > 0) logs.value = linesAfter(logs.value, lines);
      now.value = browser.now();
    });
  }

  function apply(event: Exclude<ApiEvent, { readonly event: 'log' }>): void {
    switch (event.event) {
      case 'status':
        status.value = event.data;
        break;
      case 'job':
        changed?.push(event.data);
        jobs.value = jobsAfter(jobs.value, event.data);
        break;
      case 'progress':
        jobs.value = jobsAfterProgress(jobs.value, event.data);
        break;
      case 'models':
        if (status.value !== undefined) {
          status.value = { ...status.value, memory: { ...status.value.memory, models: event.data } };
        }
        shelf.onEvent(event);
        break;
      case 'missed':
        void readLists();
        shelf.onEvent(event);
        break;
      case 'pull':
      case 'catalogue':
        shelf.onEvent(event);
        break;
      default:
        event satisfies never;
    }
    stepTimes.value = stepsAfter(stepTimes.value, jobs.value, browser.now());
  }

  let isFirst = true;
  const follow = () =>
    followEvents({
      ...browser,
      onEvents,
      onLink(next) {
        link.value = next;
        if (next.is !== 'live' || !isFirst) return;
        isFirst = false;
        void readLists();
      },
    });
  let followed: ReturnType<typeof followEvents> | undefined;
  void exchangeCode(browser).then(() => {
    route.value = routeOf(browser.fragment());
    followed = follow();
  });

  return {
    model: {
      now,
      route,
      link,
      status,
      jobs,
      stepTimes,
      logs,
      engines,
      toasts: toasts.toasts,
      ...desk,
      ...shelf,
      ...installation,
    },
    actions: {
      ...createActions({ browser, toasts, because }),
      ...desk,
      ...shelf,
      ...installation,
      go(to) {
        browser.setFragment(hrefOf(to), 'push');
        route.value = to;
      },
      async readEngines() {
        const called = await call(browser, 'engines');
        if (called.is === 'answered') engines.value = called.answer;
      },
      retryNow: () => followed?.retryNow(),
      dismissToast: toasts.dismiss,
      holdToasts: toasts.hold,
    },
    close() {
      stopClock();
      followed?.close();
    },
  };
}

/** A code works once, so it does not stay in the address, where a reload would find it. */
async function exchangeCode(browser: Browser): Promise<void> {
  const code = codeIn(browser.fragment());
  if (code === undefined) return;
  browser.setFragment(hrefOf({ tab: 'status' }), 'replace');
  await call(browser, 'openPageSession', { body: { code } });
}
