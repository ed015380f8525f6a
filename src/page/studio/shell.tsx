import { clockSeconds, countdown, duration } from '../format.ts';
import { Button, LinkButton } from '../kit/button.tsx';
import { Count, NavItem } from '../kit/frame.tsx';
import { Glyph, type GlyphName, Mark } from '../kit/icons/icons.tsx';
import { Banner } from '../kit/message.tsx';
import { useBrowser } from '../kit/page-context.ts';
import type { Tone } from '../kit/tones.ts';
import { SHELL } from '../words/shared.ts';
import { STUDIO } from '../words/studio/shell.ts';
import { usePage } from './page-context.ts';
import { hrefOf, type Tab, TABS } from './route.ts';

/** The sidebar; on a narrow window a bar at the bottom, with the state at the top. */
export const Sidebar = () => (
  <nav class="nav" aria-label={STUDIO.nav}>
    <div class="nav__brand">
      <Mark studio />
      <strong>{STUDIO.product}</strong>
      <span>{URL.parse(useBrowser().origin())?.host}</span>
    </div>
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

function TabItem({ tab, digit }: { readonly tab: Tab; readonly digit: number }) {
  const isCurrent = usePage().model.route.value.tab === tab;
  return (
    <NavItem href={hrefOf({ tab })} icon={tab} word={STUDIO.pages[tab]} isCurrent={isCurrent} digit={digit}>
      <NavCount tab={tab} />
    </NavItem>
  );
}

function NavCount({ tab }: { readonly tab: Tab }) {
  const status = usePage().model.status.value;
  if (status === undefined) return null;
  if (tab === 'workers') return <Count tone="accent" many={status.registrations.pending} word={STUDIO.waiting} />;
  if (tab !== 'jobs') return null;
  const { queued, offered, running } = status.jobs;
  return <Count many={queued + offered + running} word={STUDIO.underway} />;
}

interface StudioLook {
  readonly tone: Tone;
  readonly glyph: GlyphName;
  readonly word: string;
}

const LOOKS = {
  opening: { tone: 'accent', glyph: 'waiting', word: STUDIO.states.opening },
  live: { tone: 'ok', glyph: 'idle', word: STUDIO.states.running },
  lost: { tone: 'bad', glyph: 'offline', word: STUDIO.states.lost },
  'signed-out': { tone: 'bad', glyph: 'offline', word: STUDIO.states.signedOut },
} as const satisfies Readonly<Record<string, StudioLook>>;

/** How the studio stands, on every page. */
function NowCard() {
  const { model, actions } = usePage();
  const { link, status, now } = model;
  const look = LOOKS[link.value.is];
  const isLive = link.value.is === 'live' && status.value !== undefined;
  return (
    <section class="nav__state" aria-label={STUDIO.now} data-tone={look.tone}>
      <div class="nav__head">
        <Glyph name={look.glyph} />
        <span role="status">{look.word}</span>
        {isLive && (
          <span class="note">{STUDIO.up(duration(now.value - Date.parse(status.value?.startedAt ?? '')))}</span>
        )}
      </div>
      <Sentence />
      {link.value.is === 'lost' ? (
        <Button wide small icon="retry" onPress={actions.retryNow}>
          {SHELL.retryNow}
        </Button>
      ) : (
        <LinkButton wide small icon="plus" href={hrefOf({ tab: 'jobs' })}>
          {STUDIO.newJob}
        </LinkButton>
      )}
    </section>
  );
}

function Sentence() {
  const { link, status, now } = usePage().model;
  if (link.value.is === 'signed-out') return <p class="nav__what">{STUDIO.signedOut.short}</p>;
  if (link.value.is === 'lost') {
    const { lastAt, nextAt } = link.value;
    const span = duration(lastAt === undefined ? 0 : now.value - lastAt);
    const say = nextAt === undefined ? STUDIO.lost.trying(span) : STUDIO.lost.next(span, countdown(nextAt - now.value));
    return <p class="nav__what">{say}</p>;
  }
  if (status.value === undefined) return <p class="nav__what">{STUDIO.opening}</p>;
  const { workers, jobs } = status.value;
  return (
    <p class="nav__what">
      <span>{STUDIO.connected(workers.connected, workers.known)}</span> <span>{STUDIO.queued(jobs.queued)}</span>
    </p>
  );
}

/** Says on every page that what it shows may be old; nothing while the studio answers. */
export function StaleBanner() {
  const { model, actions } = usePage();
  const link = model.link.value;
  if (link.is === 'signed-out') return <Banner tone="bad" lead={STUDIO.signedOut.title} say={STUDIO.signedOut.say} />;
  if (link.is !== 'lost') return null;
  const say = link.lastAt === undefined ? STUDIO.lost.never : STUDIO.lost.since(clockSeconds(link.lastAt));
  return (
    <Banner
      tone="bad"
      lead={STUDIO.lost.title}
      say={`${say} ${STUDIO.lost.start}`}
      action={
        <Button icon="retry" onPress={actions.retryNow}>
          {SHELL.retryNow}
        </Button>
      }
    />
  );
}
