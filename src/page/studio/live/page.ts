import { batch, computed, type Signal, signal } from '@preact/signals';
import { SECOND_MS } from '../../../base/units.ts';
import {
  DASHBOARD_ROUTES as routes,
  type StudioFeedEvent,
  StudioFeedEventSchema,
} from '../../../contract/page/dashboard.ts';
import { readJson } from '../../../contract/read.ts';
import { API_PREFIX } from '../../../contract/routes.ts';
import { type ApiLink, type EventLink, followEvents } from '../../../local-api/client/follow-events.ts';
import type { RawEvent } from '../../../local-api/client/sse.ts';
import type { Browser } from '../../browser/browser.ts';
import type { FailedCall } from '../../live/call.ts';
import { exchangeCode } from '../../live/code.ts';
import { createToasts } from '../../live/toasts.ts';
import { STUDIO } from '../../words/studio/shell.ts';
import type { StudioActions, StudioPage } from '../model.ts';
import { hrefOf, type Route, routeOf } from '../route.ts';
import { createActions } from './actions.ts';
import { tell } from './ask.ts';
import { StudioLists } from './lists.ts';
import { createProjectActions } from './projects/actions.ts';
import { ProjectLists } from './projects/lists.ts';
import type { ProjectFacts } from '../projects/model.ts';
import { createOpened, type Opened } from './opened.ts';
import { sortedJobs } from './reducers.ts';
import { spaced } from './spaced.ts';

/** A window on a running studio, kept up to date by its events until it is closed. */
export interface LiveStudioPage extends StudioPage {
  close(): void;
}

/** Opens the window: exchanges the code in its address for a session, then follows the studio. */
export function openStudioPage(browser: Browser): LiveStudioPage {
  const now = signal(browser.now());
  const route = signal<Route>(routeOf(browser.fragment()));
  const toasts = createToasts(browser);
  const lists = new StudioLists(browser);
  const opened = createOpened(browser);
  const stopClock = browser.every(SECOND_MS, () => (now.value = browser.now()));
  browser.onFragment(() => (route.value = routeOf(browser.fragment())));
  const link = signal<ApiLink>({ is: 'opening' });
  const because = reasonsFor(() => void (link.value = { is: 'signed-out' }));
  const projects = new ProjectLists({ browser, because, isShown: () => route.value.tab === 'projects' });
  const { retryNow, close } = follow({ browser, lists, projects, opened, route, now, link });
  return {
    model: {
      now,
      route,
      link,
      ...listsOf(lists),
      ...projectFacts(projects),
      toasts: toasts.toasts,
      opened: opened.opened,
    },
    actions: {
      ...createActions({ browser, toasts, because }),
      ...createProjectActions({ browser, toasts, because, lists: projects }),
      readOverview: lists.readOverview,
      readOlderJobs: (state) => lists.readOlderJobs(state),
      openJob: (jobId) => opened.open(jobId),
      go: goIn(browser, route),
      retryNow,
      dismissToast: toasts.dismiss,
      holdToasts: toasts.hold,
    },
    close() {
      stopClock();
      close();
    },
  };
}

const goIn =
  (browser: Pick<Browser, 'setFragment'>, route: Signal<Route>): StudioActions['go'] =>
  (to) => {
    browser.setFragment(hrefOf(to), 'push');
    route.value = to;
  };

/** The lists as the pages read them: the jobs in their order. */
function listsOf({ status, registrations, workers, jobs, olderJobs, models, lines, overview }: StudioLists) {
  const sorted = computed(() => (jobs.value === undefined ? undefined : sortedJobs(jobs.value)));
  return { status, registrations, workers, jobs: sorted, olderJobs, models, lines, overview };
}

const projectFacts = ({ projects, tokens, webhooks, deliveries, audit, olderAudit }: ProjectFacts): ProjectFacts => ({
  projects,
  tokens,
  webhooks,
  deliveries,
  audit,
  olderAudit,
});

interface Following {
  readonly browser: Browser;
  readonly lists: StudioLists;
  readonly projects: ProjectLists;
  readonly opened: Opened;
  readonly route: Signal<Route>;
  readonly now: Signal<number>;
  readonly link: Signal<ApiLink>;
}

/** A studio on SQLite works up to 0.1 s for one, with 100,000 jobs a day, and meanwhile answers nobody. */
const OVERVIEW_MS = 2 * SECOND_MS;

/** Follows the studio once the code in the address is exchanged. */
function follow({ browser, lists, projects, opened, route, now, link }: Following) {
  let isFirst = true;
  const renewOverview = spaced(
    () => {
      if (route.value.tab === 'overview') void lists.readOverview();
    },
    OVERVIEW_MS,
    (ms, what) => browser.after(ms, what),
  );
  function onLink(next: ApiLink): void {
    link.value = next;
    if (next.is !== 'live' || !isFirst) return;
    isFirst = false;
    void lists.readAll();
  }
  function onEvents(raw: readonly RawEvent[]): void {
    batch(() => {
      for (const event of raw.flatMap(readEvent)) {
        lists.apply(event);
        opened.onEvent(event);
        if (event.event === 'job') renewOverview();
        if (route.value.tab === 'projects') projects.onEvent(event);
      }
      now.value = browser.now();
    });
  }
  let followed: EventLink | undefined;
  void signIn(browser).then(() => {
    route.value = routeOf(browser.fragment());
    followed = followEvents({
      now: () => browser.now(),
      after: (ms, what) => browser.after(ms, what),
      request: (_path, init) => browser.request(API_PREFIX + routes.events.path, init),
      onEvents,
      onLink,
    });
  });
  return { retryNow: () => followed?.retryNow(), close: () => followed?.close() };
}

/** A failure in words. `onSignedOut`: the studio does not know this window any more. */
const reasonsFor =
  (onSignedOut: () => void) =>
  (failed: FailedCall): string => {
    if (failed.is === 'unreachable') return STUDIO.outcomes.unreachable;
    if (failed.status !== 401) return failed.message;
    onSignedOut();
    return STUDIO.outcomes.signedOut;
  };

const signIn = (browser: Browser): Promise<void> =>
  exchangeCode(browser, {
    home: hrefOf({ tab: 'overview' }),
    signIn: (code) => tell(browser, { route: routes.signIn, body: { code } }),
  });

/** An event of another release that cannot be read is passed over. */
function readEvent({ event, data }: RawEvent): readonly StudioFeedEvent[] {
  const read = readJson(StudioFeedEventSchema, `{"event":${JSON.stringify(event)},"data":${data}}`);
  return read.is === 'read' ? [read.value] : [];
}
