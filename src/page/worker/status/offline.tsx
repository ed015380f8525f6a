import { clockSeconds, countdown, duration } from '../../format.ts';
import { Button } from '../../kit/button.tsx';
import { CopyCommand } from '../../kit/copy.tsx';
import { type Fact, Facts, Hero, Page, Panel } from '../../kit/panel.tsx';
import { SHARED, SHELL } from '../../words/shared.ts';
import { STATUS } from '../../words/status.ts';
import type { PageModel } from '../model.ts';
import { usePage } from '../page-context.ts';
import { stateLook } from '../state.ts';

const WORDS = STATUS.offline;

/** The worker does not answer: since when, what is done about it, what helps, and what was known last. */
export function OfflinePage() {
  const { model } = usePage();
  const { link, now } = model;
  if (link.value.is !== 'lost') return null;
  const { lastAt } = link.value;
  const say = lastAt === undefined ? WORDS.never : WORDS.lastAnswer(clockSeconds(lastAt), duration(now.value - lastAt));
  return (
    <Page title={SHELL.pages.status}>
      <Hero tone="bad" glyph="offline" word={WORDS.title} sentence={say}>
        <div class="section">
          <h3>{WORDS.doing}</h3>
          <Facts look="tight" facts={doing(link.value.attempts, link.value.nextAt, now.value)} />
        </div>
        <WhatHelps />
      </Hero>
      {lastAt !== undefined && <LastKnown at={lastAt} model={model} />}
    </Page>
  );
}

const doing = (attempts: number, nextAt: number | undefined, now: number): readonly Fact[] => [
  {
    term: WORDS.window,
    value:
      nextAt === undefined ? (
        WORDS.attemptsNow(attempts)
      ) : (
        <>
          {WORDS.attempts(attempts)} <span class="num">{countdown(nextAt - now)}</span>
        </>
      ),
  },
  { term: WORDS.service, value: WORDS.serviceDoes },
];

/** In the order of what costs least: ask once more, start it, find out why it ended. */
function WhatHelps() {
  const { retryNow } = usePage().actions;
  return (
    <div class="section">
      <h3>{WORDS.canDo}</h3>
      <div class="line">
        <Button look="primary" icon="retry" onPress={retryNow}>
          {WORDS.retryNow}
        </Button>
        <span class="note">{WORDS.orStart}</span>
      </div>
      <CopyCommand command={WORDS.runCommand} />
      <p class="note">
        {WORDS.ifAgain} <code>{WORDS.doctorCommand}</code> {WORDS.saysWhy}
      </p>
    </div>
  );
}

/** Marked as old rather than taken away: what was waiting and loaded helps to judge what was lost. */
function LastKnown({ at, model }: { readonly at: number; readonly model: PageModel }) {
  const facts = lastKnownFacts(model);
  if (facts.length === 0) return null;
  return (
    <Panel title={WORDS.lastKnown} aside={<span class="note">{SHARED.asOf(clockSeconds(at))}</span>} stale>
      <div class="panel__body">
        <Facts facts={facts} />
      </div>
    </Panel>
  );
}

function lastKnownFacts({ status, logs }: PageModel): readonly Fact[] {
  const known = status.value;
  if (known === undefined) return [];
  const line = logs.value.lines.at(-1);
  const models = known.memory.models.map(({ model }) => model);
  return [
    { term: WORDS.state, value: stateLook(known).word },
    { term: WORDS.waiting, value: known.outbox.count === 0 ? SHARED.none : WORDS.onDisk(known.outbox.count) },
    ...(line === undefined ? [] : [{ term: WORDS.lastLine, value: <span class="mono">{line.message}</span> }]),
    { term: WORDS.loaded, value: models.length === 0 ? SHARED.none : models.join(', ') },
    { term: WORDS.version, value: WORDS.versionPid(known.version, known.pid) },
  ];
}

/** The worker answers, but not to this window. */
export const SignedOutPage = () => (
  <Page title={SHELL.pages.status}>
    <Hero tone="bad" glyph="offline" word={STATUS.signedOut.title} sentence={STATUS.signedOut.say}>
      <div class="section">
        <h3>{STATUS.signedOut.how}</h3>
        <CopyCommand command={STATUS.signedOut.command} />
      </div>
    </Hero>
  </Page>
);
