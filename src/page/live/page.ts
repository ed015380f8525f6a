import { SECOND_MS } from '../../base/units.ts';
import { type EventLink, followEvents } from '../../local-api/client/follow-events.ts';
import type { Browser } from '../browser/browser.ts';
import type { PageActions, WorkerPage } from '../worker/model.ts';
import { hrefOf, routeOf } from '../worker/route.ts';
import { createActions, reasonsFor } from './actions.ts';
import { call } from './call.ts';
import { exchangeCode } from './code.ts';
import { createConfigDesk } from './config-desk.ts';
import { openFacts, type PageFacts } from './facts.ts';
import { createInstallationDesk } from './installation-desk.ts';
import { createIntake, type Intake } from './intake.ts';
import { createModelDesk } from './model-desk.ts';
import { createToasts } from './toasts.ts';
import { createWindowClaim } from './window-claim.ts';

/** A window on a running worker, kept up to date by its events until it is closed. */
export interface LivePage extends WorkerPage {
  close(): void;
}

/** Opens the window: exchanges the code in its address for a session, then follows the worker. */
export function openPage(browser: Browser): LivePage {
  const facts = openFacts(browser);
  const { now, route, link } = facts;
  const toasts = createToasts(browser);
  const because = reasonsFor(() => void (link.value = { is: 'signed-out' }));
  const options = { browser, toasts, because };
  const { onEvent: onModelEvent, ...models } = createModelDesk(options);
  const desks = { ...createConfigDesk(options), ...createInstallationDesk(options), ...models };
  const claim = createWindowClaim({ browser, facts, desk: desks });
  const intake = createIntake({ browser, facts, onModelEvent });
  const stopClock = browser.every(SECOND_MS, () => (now.value = browser.now()));
  browser.onFragment(() => (route.value = routeOf(browser.fragment())));
  let followed: EventLink | undefined;
  void signIn(browser).then(async () => {
    route.value = routeOf(browser.fragment());
    await claim.claimWindow();
    followed = follow(browser, facts, intake);
  });
  return {
    model: { ...facts, ...desks, isSuperseded: claim.isSuperseded, toasts: toasts.toasts },
    actions: {
      ...createActions(options),
      ...desks,
      claimWindow: claim.claimWindow,
      ...ownActions(browser, facts),
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

/** Lists are read once the stream is there, so that nothing falls between the two. */
function follow(browser: Browser, { link }: PageFacts, intake: Intake): EventLink {
  let isFirst = true;
  return followEvents({
    ...browser,
    onEvents: (raw) => intake.onEvents(raw),
    onLink(next) {
      link.value = next;
      if (next.is !== 'live' || !isFirst) return;
      isFirst = false;
      void intake.readLists();
    },
  });
}

const ownActions = (browser: Browser, { route, engines }: PageFacts): Pick<PageActions, 'go' | 'readEngines'> => ({
  go(to) {
    browser.setFragment(hrefOf(to), 'push');
    route.value = to;
  },
  async readEngines() {
    const called = await call(browser, 'engines');
    if (called.is === 'answered') engines.value = called.answer;
  },
});

const signIn = (browser: Browser): Promise<void> =>
  exchangeCode(browser, {
    home: hrefOf({ tab: 'status' }),
    signIn: (code) => call(browser, 'signIn', { body: { code } }),
  });
