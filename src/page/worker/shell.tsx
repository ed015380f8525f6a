import type { ApiJob } from '../../local-api/contract/jobs.ts';
import type { LiveStatus } from '../../local-api/contract/status.ts';
import { duration } from '../format.ts';
import { Bar } from '../kit/charts/bar.tsx';
import { Button, LinkButton } from '../kit/button.tsx';
import { Count, NavItem } from '../kit/frame.tsx';
import { Glyph, Mark } from '../kit/icons/icons.tsx';
import { SHARED, SHELL } from '../words/shared.ts';
import { isNews } from './about/update.ts';
import { usePage } from './page-context.ts';
import { hrefOf, type Tab, TABS } from './route.ts';
import { jobProgress, shareOf, sidebarLook, sidebarSentence } from './state.ts';
import { useTimeLeft } from './use-time-left.ts';

/** The sidebar; on a narrow window a bar at the bottom, with the state at the top. */
export const Sidebar = () => (
  <nav class="nav" aria-label={SHELL.nav}>
    <Brand />
    <ul class="nav__list">
      {TABS.map((tab, index) => (
        <li key={tab}>
          <TabItem tab={tab} digit={index + 1} />
        </li>
      ))}
    </ul>
    <NowCard />
  </nav>
);

function Brand() {
  const machine = usePage().model.status.value?.machineName;
  return (
    <div class="nav__brand">
      <Mark />
      <strong>{SHARED.product}</strong>
      <span>{machine}</span>
    </div>
  );
}

function TabItem({ tab, digit }: { readonly tab: Tab; readonly digit: number }) {
  const isCurrent = usePage().model.route.value.tab === tab;
  return (
    <NavItem href={hrefOf({ tab })} icon={tab} word={SHELL.pages[tab]} isCurrent={isCurrent} digit={digit}>
      <NavCount tab={tab} />
    </NavItem>
  );
}

function NavCount({ tab }: { readonly tab: Tab }) {
  const { status, link } = usePage().model;
  if (status.value === undefined || link.value.is !== 'live') return null;
  if (tab === 'jobs') return <Count tone="busy" many={status.value.activeJobs.length} word={SHELL.running} />;
  return tab === 'about' && isNews(status.value.update) ? <Count tone="accent" many={1} word={SHELL.update} /> : null;
}

/** What the worker does now, on every page. */
function NowCard() {
  const { link, status, now } = usePage().model;
  const look = sidebarLook(link.value, status.value);
  const [first, second] = sidebarSentence(link.value, status.value, now.value).split('\n');
  const job = link.value.is === 'live' ? onlyJob(status.value) : undefined;
  return (
    <section class="nav__state" aria-label={SHELL.now} data-tone={look.tone}>
      <div class="nav__head">
        <Glyph name={look.glyph} />
        <span role="status">{look.word}</span>
        <CardNote />
      </div>
      <p class="nav__what">
        <span>{first}</span> {second !== undefined && <span class="clip1">{second}</span>}
      </p>
      {job !== undefined && <Bar small label={SHELL.currentJob} share={shareOf(job)} text={jobProgress(job)} />}
      <CardAction />
    </section>
  );
}

/** Of several jobs none speaks for the others. */
function onlyJob(status: LiveStatus | undefined): ApiJob | undefined {
  const [job, other] = status?.activeJobs ?? [];
  return other === undefined ? job : undefined;
}

function CardNote() {
  const { status, link } = usePage().model;
  const left = useTimeLeft(onlyJob(status.value)?.jobId);
  if (left === undefined || link.value.is !== 'live') return null;
  return <span class="note">{SHARED.left(duration(left))}</span>;
}

/** The one thing that helps now. It keeps its place whatever it is. */
function CardAction() {
  const { model, actions } = usePage();
  const status = model.status.value;
  if (model.link.value.is !== 'live' || status === undefined) {
    return (
      <Button wide small icon="retry" onPress={actions.retryNow}>
        {SHELL.retryNow}
      </Button>
    );
  }
  if (status.hero === 'not-registered') return <StatusLink word={SHELL.open} />;
  if (status.hero === 'waiting') return <StatusLink word={SHELL.openRequest} />;
  if (status.hero === 'rejected') {
    return (
      <Button wide small icon="retry" onPress={actions.askAgain}>
        {SHELL.askAgain}
      </Button>
    );
  }
  return <PauseButton status={status} />;
}

const StatusLink = ({ word }: { readonly word: string }) => (
  <LinkButton wide small href={hrefOf({ tab: 'status' })}>
    {word}
  </LinkButton>
);

function PauseButton({ status }: { readonly status: LiveStatus }) {
  const { actions } = usePage();
  if (!status.enabled) {
    return (
      <LinkButton wide small href={hrefOf({ tab: 'config', at: 'worker' })}>
        {SHELL.openConfig}
      </LinkButton>
    );
  }
  if (status.paused) {
    return (
      <Button wide small icon="play" keys="Control+." title={SHELL.resumeTitle} onPress={actions.resume}>
        {SHELL.resume}
      </Button>
    );
  }
  return (
    <Button wide small icon="pause" keys="Control+." title={SHELL.pauseTitle} onPress={actions.pause}>
      {SHELL.pause}
    </Button>
  );
}
